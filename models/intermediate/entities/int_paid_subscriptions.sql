-- The paid subscriptions as known on the as-of day. Those of an account that was merged are those of what it
-- has become as well, from the merge on.
with paid as (

    select
        subscription_id,
        account_id,
        plan,
        currency,
        mrr_amount,
        started_on,
        ended_on,
        known_on,
        started_at
    from {{ ref('int_subscriptions_unioned') }}
    where quarantine_reason is null and copy_number = 1 and mrr_amount > 0

),

of_accounts as (

    select *
    from paid

    union all

    select
        paid.subscription_id,
        canonical.entity_id as account_id,
        paid.plan,
        paid.currency,
        paid.mrr_amount,
        paid.started_on,
        paid.ended_on,
        greatest(paid.known_on, mergers.known_on) as known_on,
        paid.started_at
    from paid
    inner join {{ ref('int_entity_keys') }} as merged
        on
            paid.account_id = merged.entity_id
            and merged.entity_type = 'account'
    inner join {{ ref('int_merges') }} as mergers
        on merged.entity_key = mergers.merged_key
    inner join {{ ref('int_entity_keys') }} as canonical
        on mergers.canonical_key = canonical.entity_key

)

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
from of_accounts as subscriptions
cross join {{ ref('int_as_of') }} as as_of
where subscriptions.known_on <= as_of.as_of_on
