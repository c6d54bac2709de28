select
    cast(account_id as {{ dbt.type_string() }}) as account_id,
    cast(outcome as {{ dbt.type_string() }}) as outcome,
    cast(factor as {{ dbt.type_string() }}) as factor,
    cast(factor_text as {{ dbt.type_string() }}) as factor_text,
    cast(factor_value as {{ type_double() }}) as factor_value,
    contribution
from {{ ref('int_propensity_contributions') }}
