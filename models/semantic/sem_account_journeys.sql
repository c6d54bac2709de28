-- The journeys with what metrics count, so that the semantic layer itself holds no SQL of one engine.
-- `is_response_due`: 24 hours have passed since sales could know.
with journeys as (

    select
        *,
        {{ add_hours('lead_at', 24) }} as response_due_at,
        cast({{ add_days('as_of_on', 1) }} as timestamp) as as_of_end_at
    from {{ ref('fct_account_journeys') }}

)

select
    basis,
    definition_key,
    account_id,
    currency,
    mrr_amount,
    is_pql,
    is_pql and answered_at is not null as is_touched_pql,
    is_pql and response_due_at <= as_of_end_at as is_response_due,
    is_pql
    and response_due_at <= as_of_end_at
    and coalesce(answered_at <= response_due_at, false) as is_touched_within_24_hours,
    is_pql and converted_on is not null as is_pql_customer,
    signed_up_on,
    activated_on,
    qualified_on,
    converted_on,
    case when is_pql then {{ days_between('signed_up_on', 'qualified_on') }} end as days_to_qualify,
    case when is_pql then {{ days_between('qualified_on', 'converted_on') }} end as days_to_convert
from journeys
