-- What each account has paid in each currency, as of the as-of day: its MRR on the day on which its first paid
-- subscription in the currency started, that of today, and MRR times the days on which it was paid.
with subscriptions as (

    select
        subscriptions.account_id,
        subscriptions.currency,
        cast(subscriptions.mrr_amount as decimal(38, 4)) as mrr_amount,
        subscriptions.started_on,
        min(subscriptions.started_on) over (
            partition by subscriptions.account_id, subscriptions.currency
        ) as first_started_on,
        case
            when subscriptions.ended_on <= as_of.as_of_on then subscriptions.ended_on
            else {{ add_days('as_of.as_of_on', 1) }}
        end as paid_to,
        coalesce(subscriptions.ended_on > as_of.as_of_on, true) as is_paid_today,
        as_of.as_of_on
    from {{ ref('int_paid_subscriptions') }} as subscriptions
    cross join {{ ref('int_as_of') }} as as_of

)

select
    account_id,
    currency,
    {{ days_between('first_started_on', add_days('as_of_on', 1)) }} as observed_days,
    sum(case when started_on = first_started_on then mrr_amount else 0 end) as starting_mrr,
    sum(case when is_paid_today then mrr_amount else 0 end) as current_mrr,
    -- One that ended before it started was never paid.
    sum(case when started_on < paid_to then mrr_amount * {{ days_between('started_on', 'paid_to') }} else 0 end)
        as mrr_days
from subscriptions
group by account_id, currency, first_started_on, as_of_on
