-- The paid subscriptions as known on the as-of day.
select
    subscriptions.subscription_id,
    subscriptions.account_id,
    subscriptions.plan,
    subscriptions.currency,
    subscriptions.mrr_amount,
    subscriptions.started_on,
    case when subscriptions.ended_on < date '9999-12-31' then subscriptions.ended_on end as ended_on,
    subscriptions.known_on,
    subscriptions.started_at
from {{ ref('int_subscriptions_unioned') }} as subscriptions
cross join {{ ref('int_as_of') }} as as_of
where
    subscriptions.quarantine_reason is null
    and subscriptions.copy_number = 1
    and subscriptions.mrr_amount > 0
    and subscriptions.known_on <= as_of.as_of_on
