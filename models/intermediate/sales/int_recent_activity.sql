-- Who used which account in the last 30 days, and how much; both as what they have become by merging.
with activity as (

    select
        coalesce(merged_accounts.canonical_key, activities.account_key) as account_key,
        coalesce(merged_users.canonical_key, activities.user_key) as user_key,
        activities.occurred_on,
        case when activities.counts_event then activities.event_count else 0 end as event_count
    from {{ ref('int_activities_attributed') }} as activities
    inner join {{ ref('int_as_of') }} as as_of
        on
            activities.occurred_on > {{ add_days('as_of.as_of_on', -30) }}
            and activities.occurred_on <= as_of.as_of_on
    left join {{ ref('int_merged_ids') }} as merged_accounts
        on activities.account_key = merged_accounts.merged_key
    left join {{ ref('int_merged_ids') }} as merged_users
        on activities.user_key = merged_users.merged_key
    where activities.account_key is not null and activities.user_key is not null and not activities.is_internal

)

select
    accounts.entity_id as account_id,
    users.entity_id as user_id,
    count(distinct activity.occurred_on) as active_days,
    cast(sum(activity.event_count) as bigint) as event_count
from activity
inner join {{ ref('int_entity_keys') }} as accounts
    on activity.account_key = accounts.entity_key
inner join {{ ref('int_entity_keys') }} as users
    on activity.user_key = users.entity_key
group by accounts.entity_id, users.entity_id
