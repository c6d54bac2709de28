select
    cast(curve.definition_key as {{ dbt.type_string() }}) as definition_key,
    versions.definition_version,
    cast(curve.threshold as {{ type_double() }}) as threshold,
    cast(curve.split as {{ dbt.type_string() }}) as split,
    cast(curve.is_current as boolean) as is_current,
    cast(curve.qualified_count as bigint) as qualified_count,
    cast(curve.converted_count as bigint) as converted_count,
    cast(curve.converted_account_count as bigint) as converted_account_count,
    cast(curve.precision as {{ type_double() }}) as precision,
    cast(curve.precision_low as {{ type_double() }}) as precision_low,
    cast(curve.precision_high as {{ type_double() }}) as precision_high,
    cast(curve.base_rate as {{ type_double() }}) as base_rate,
    cast(curve.lift as {{ type_double() }}) as lift,
    cast(curve.lift_low as {{ type_double() }}) as lift_low,
    cast(curve.lift_high as {{ type_double() }}) as lift_high,
    cast(curve.conversions_count as bigint) as conversions_count,
    cast(curve.flagged_count as bigint) as flagged_count,
    cast(curve.recall as {{ type_double() }}) as recall,
    cast(curve.per_week as {{ type_double() }}) as per_week,
    cast(curve.median_lead_days as {{ type_double() }}) as median_lead_days,
    cast(curve.expected_value as {{ type_double() }}) as expected_value,
    cast(curve.expected_value_low as {{ type_double() }}) as expected_value_low,
    cast(curve.expected_value_high as {{ type_double() }}) as expected_value_high
from {{ ref('calibration_threshold_curve') }} as curve
inner join {{ ref('definition_versions') }} as versions
    on curve.definition_key = versions.definition_key
