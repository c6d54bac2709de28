-- Who used which account in the last 30 days, and how much.
with activity as (

    select
        activities.account_key,
        activities.user_key,
        count(distinct activities.occurred_on) as active_days,
        sum(case when activities.counts_event then activities.event_count else 0 end) as event_count
    from {{ ref('int_activities_attributed') }} as activities
    inner join {{ ref('int_as_of') }} as as_of
        on
            activities.occurred_on > {{ add_days('as_of.as_of_on', -30) }}
            and activities.occurred_on <= as_of.as_of_on
    where activities.account_key is not null and activities.user_key is not null and not activities.is_internal
    group by activities.account_key, activities.user_key

)

select
    accounts.entity_id as account_id,
    users.entity_id as user_id,
    activity.active_days,
    cast(activity.event_count as bigint) as event_count
from activity
inner join {{ ref('int_entity_keys') }} as accounts
    on activity.account_key = accounts.entity_key
inner join {{ ref('int_entity_keys') }} as users
    on activity.user_key = users.entity_key
