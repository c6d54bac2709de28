select
    cast(definition_key as {{ dbt.type_string() }}) as definition_key,
    cast(signal_key as {{ dbt.type_string() }}) as signal_key,
    cast(bin as bigint) as bin,
    cast(value_min as {{ type_double() }}) as value_min,
    cast(value_max as {{ type_double() }}) as value_max,
    cast(entity_weeks as bigint) as entity_weeks,
    cast(conversions as bigint) as conversions,
    cast(conversion_rate as {{ type_double() }}) as conversion_rate,
    cast(rate_low as {{ type_double() }}) as rate_low,
    cast(rate_high as {{ type_double() }}) as rate_high
from {{ ref('calibration_signal_bins') }}
