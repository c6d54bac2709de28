select
    cast(suggested.definition_key as {{ dbt.type_string() }}) as definition_key,
    cast(suggested.signal_key as {{ dbt.type_string() }}) as signal_key,
    cast(suggested.operator as {{ dbt.type_string() }}) as operator,
    cast(suggested.current_threshold as {{ type_double() }}) as current_threshold,
    cast(suggested.threshold as {{ type_double() }}) as threshold,
    cast(suggested.current_points as {{ type_double() }}) as current_points,
    cast(suggested.points as bigint) as points
from {{ ref('calibration_suggested_definitions') }} as suggested
inner join {{ ref('calibration_model_comparison') }} as comparison
    on
        suggested.definition_key = comparison.definition_key
        and comparison.model = 'suggested_definition'
where comparison.verdict <> 'abstain'
