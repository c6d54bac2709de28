-- An event with the id of its account and one without can fall into the same row.
with activities as (

    select
        account_key,
        user_key,
        activity_key,
        object_value,
        event_count,
        value_count,
        value_sum,
        occurred_on,
        received_on,
        account_known_on as known_on,
        first_occurred_at,
        last_occurred_at
    from {{ ref('int_activities_attributed') }}
    where activity_key is not null and not is_internal

    union all

    select
        activities.account_key,
        activities.user_key,
        every_event.activity_key,
        cast(null as {{ dbt.type_string() }}) as object_value,
        activities.event_count,
        cast(0 as bigint) as value_count,
        cast(null as decimal(38, 9)) as value_sum,
        activities.occurred_on,
        activities.received_on,
        activities.account_known_on as known_on,
        activities.first_occurred_at,
        activities.last_occurred_at
    from {{ ref('int_activities_attributed') }} as activities
    cross join {{ ref('def_activities') }} as every_event
    where every_event.is_every_event and activities.counts_event and not activities.is_internal

)

select
    accounts.entity_id as account_id,
    users.entity_id as user_id,
    activities.activity_key,
    activities.object_value,
    activities.occurred_on,
    activities.received_on,
    min(activities.known_on) as known_on,
    cast(sum(activities.event_count) as bigint) as event_count,
    cast(sum(activities.value_count) as bigint) as value_count,
    cast(sum(activities.value_sum) as decimal(38, 9)) as value_sum,
    min(activities.first_occurred_at) as first_occurred_at,
    max(activities.last_occurred_at) as last_occurred_at
from activities
left join {{ ref('int_entity_keys') }} as accounts
    on activities.account_key = accounts.entity_key
left join {{ ref('int_entity_keys') }} as users
    on activities.user_key = users.entity_key
group by
    accounts.entity_id, users.entity_id, activities.activity_key, activities.object_value,
    activities.occurred_on, activities.received_on
