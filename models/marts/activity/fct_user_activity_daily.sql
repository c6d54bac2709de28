-- An event with the id of its account and one without can fall into the same row.
select
    accounts.entity_id as account_id,
    users.entity_id as user_id,
    activities.activity_key,
    activities.object_value,
    activities.occurred_on,
    activities.received_on,
    min(activities.account_known_on) as known_on,
    cast(sum(activities.event_count) as bigint) as event_count,
    cast(sum(activities.value_count) as bigint) as value_count,
    cast(sum(activities.value_sum) as decimal(38, 9)) as value_sum,
    min(activities.first_occurred_at) as first_occurred_at,
    max(activities.last_occurred_at) as last_occurred_at
from {{ ref('int_activities_counted') }} as activities
left join {{ ref('int_entity_keys') }} as accounts
    on activities.account_key = accounts.entity_key
left join {{ ref('int_entity_keys') }} as users
    on activities.user_key = users.entity_key
group by
    accounts.entity_id, users.entity_id, activities.activity_key, activities.object_value,
    activities.occurred_on, activities.received_on
