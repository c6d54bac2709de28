select
    cast(definition_key as varchar) as definition_key,
    cast(exit_threshold as double) as exit_threshold,
    cast(split as varchar) as split,
    cast(enter_threshold as double) as enter_threshold,
    cast(is_current as boolean) as is_current,
    cast(is_recommended as boolean) as is_recommended,
    cast(qualification_count as bigint) as qualification_count,
    cast(lapse_count as bigint) as lapse_count,
    cast(flap_count as bigint) as flap_count,
    cast(flap_rate as double) as flap_rate,
    cast(qualified_days as double) as qualified_days,
    cast(below_enter_share as double) as below_enter_share
from {{ ref('calibration_exit_thresholds') }}
