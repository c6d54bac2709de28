select
    cast(definition_key as {{ dbt.type_string() }}) as definition_key,
    cast(fold as bigint) as fold,
    cast(chosen_until as date) as chosen_until,
    cast(judged_from as date) as judged_from,
    cast(judged_until as date) as judged_until,
    cast(objective_measure as {{ dbt.type_string() }}) as objective_measure,
    cast(chosen_threshold as {{ type_double() }}) as chosen_threshold,
    cast(reason as {{ dbt.type_string() }}) as reason,
    cast(chosen_objective as {{ type_double() }}) as chosen_objective,
    cast(current_objective as {{ type_double() }}) as current_objective,
    cast(best_objective as {{ type_double() }}) as best_objective,
    cast(qualified_count as bigint) as qualified_count,
    cast(converted_count as bigint) as converted_count
from {{ ref('calibration_threshold_folds') }}
