select
    cast(definition_key as {{ dbt.type_string() }}) as definition_key,
    cast(exit_threshold as {{ type_double() }}) as exit_threshold,
    cast(split as {{ dbt.type_string() }}) as split,
    cast(enter_threshold as {{ type_double() }}) as enter_threshold,
    cast(is_current as boolean) as is_current,
    cast(is_recommended as boolean) as is_recommended,
    cast(qualification_count as bigint) as qualification_count,
    cast(lapse_count as bigint) as lapse_count,
    cast(flap_count as bigint) as flap_count,
    cast(flap_rate as {{ type_double() }}) as flap_rate,
    cast(qualified_days as {{ type_double() }}) as qualified_days,
    cast(below_enter_share as {{ type_double() }}) as below_enter_share
from {{ ref('calibration_exit_thresholds') }}
