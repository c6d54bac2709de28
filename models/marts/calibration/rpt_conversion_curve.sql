select
    cast(definition_key as {{ dbt.type_string() }}) as definition_key,
    cast(clock as {{ dbt.type_string() }}) as clock,
    cast(status as {{ dbt.type_string() }}) as status,
    cast(day as bigint) as day,
    cast(at_risk as bigint) as at_risk,
    cast(conversions as bigint) as conversions,
    cast(censored as bigint) as censored,
    cast(converted_share as {{ type_double() }}) as converted_share,
    cast(converted_share_low as {{ type_double() }}) as converted_share_low,
    cast(converted_share_high as {{ type_double() }}) as converted_share_high
from {{ ref('calibration_conversion_curve') }}
