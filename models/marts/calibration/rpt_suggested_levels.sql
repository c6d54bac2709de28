select
    cast(levels.definition_key as {{ dbt.type_string() }}) as definition_key,
    cast(levels.signal_key as {{ dbt.type_string() }}) as signal_key,
    cast(levels.level as bigint) as level,
    cast(levels.operator as {{ dbt.type_string() }}) as operator,
    cast(levels.threshold as {{ type_double() }}) as threshold,
    cast(levels.is_current as boolean) as is_current,
    cast(levels.points as bigint) as points,
    cast(levels.entities as bigint) as entities,
    cast(levels.fit_share as {{ type_double() }}) as fit_share
from {{ ref('calibration_suggested_levels') }} as levels
inner join {{ ref('calibration_model_comparison') }} as comparison
    on
        levels.definition_key = comparison.definition_key
        and comparison.model = 'suggested_levels'
where comparison.verdict <> 'abstain'
