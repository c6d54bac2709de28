select
    cast(levels.definition_key as varchar) as definition_key,
    cast(levels.signal_key as varchar) as signal_key,
    cast(levels.level as bigint) as level,
    cast(levels.operator as varchar) as operator,
    cast(levels.threshold as double) as threshold,
    cast(levels.is_current as boolean) as is_current,
    cast(levels.points as bigint) as points,
    cast(levels.entities as bigint) as entities,
    cast(levels.fit_share as double) as fit_share
from {{ ref('calibration_suggested_levels') }} as levels
inner join {{ ref('calibration_model_comparison') }} as comparison
    on
        levels.definition_key = comparison.definition_key
        and comparison.model = 'suggested_levels'
where comparison.verdict <> 'abstain'
