select
    cast(account_id as varchar) as account_id,
    cast(outcome as varchar) as outcome,
    cast(factor as varchar) as factor,
    cast(factor_text as varchar) as factor_text,
    cast(factor_value as double) as factor_value,
    contribution
from {{ ref('int_propensity_contributions') }}
