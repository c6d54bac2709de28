-- What each account has paid so far, by currency: the monthly revenue of its subscriptions over the days on which they
-- were active, the as-of day included, at 30.4375 days a month. A change of a plan is another subscription.
with subscriptions as (

    select
        accounts.account_key,
        subscriptions.subscription_id,
        subscriptions.currency,
        subscriptions.mrr_amount,
        subscriptions.ended_on is null or subscriptions.ended_on > as_of.as_of_on as is_active,
        {{ days_between(
            'subscriptions.started_on',
            earlier_of('subscriptions.ended_on', add_days('as_of.as_of_on', 1))
        ) }} as active_days
    from {{ ref('int_paid_subscriptions') }} as subscriptions
    inner join {{ ref('int_canonical_accounts') }} as accounts
        on
            subscriptions.account_id = accounts.account_id
            and not accounts.is_merged
    cross join {{ ref('int_as_of') }} as as_of

)

select
    subscriptions.account_key,
    subscriptions.currency,
    max(case when conversions.subscription_id is not null then subscriptions.mrr_amount end) as first_mrr_amount,
    cast(sum(case when subscriptions.is_active then subscriptions.mrr_amount else 0 end) as decimal(18, 4))
        as current_mrr_amount,
    cast(
        sum(
            case
                when subscriptions.active_days > 0 then subscriptions.mrr_amount * subscriptions.active_days
                else 0
            end
        )
        / 30.4375 as decimal(18, 4)
    ) as revenue_to_date
from subscriptions
inner join {{ ref('int_entity_keys') }} as keys
    on subscriptions.account_key = keys.entity_key
left join {{ ref('fct_conversions') }} as conversions
    on
        keys.entity_id = conversions.account_id
        and subscriptions.subscription_id = conversions.subscription_id
group by subscriptions.account_key, subscriptions.currency
