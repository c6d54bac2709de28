-- The periods in which an account is known to have an active paid subscription, merged where
-- subscriptions overlap or follow each other.
with periods as (

    select
        account_id,
        subscription_id,
        known_on as valid_from,
        coalesce(ended_on, date '9999-12-31') as valid_to
    from {{ ref('int_paid_subscriptions') }}
    where ended_on is null or ended_on > known_on

),

starts as (

    select
        account_id,
        subscription_id,
        valid_from,
        valid_to,
        case
            when valid_from <= max(valid_to) over (
                partition by account_id
                order by valid_from, subscription_id
                rows between unbounded preceding and 1 preceding
            ) then 0
            else 1
        end as is_start
    from periods

),

numbered as (

    select
        account_id,
        valid_from,
        valid_to,
        sum(is_start) over (
            partition by account_id
            order by valid_from, subscription_id
            rows between unbounded preceding and current row
        ) as period_number
    from starts

)

select
    account_id,
    min(valid_from) as valid_from,
    max(valid_to) as valid_to
from numbered
group by account_id, period_number
