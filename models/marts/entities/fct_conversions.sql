-- The first paid start of each account, as known on the as-of day.
with ranked as (

    select
        *,
        row_number() over (
            partition by account_id
            order by started_on, started_at, known_on, subscription_id
        ) as start_number
    from {{ ref('int_paid_subscriptions') }}

)

select
    account_id,
    subscription_id,
    plan,
    currency,
    mrr_amount,
    started_on as converted_on,
    known_on
from ranked
where start_number = 1
