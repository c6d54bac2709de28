-- The activity of the touched entities, seen from both entity types: what an account did, by its own id or
-- by its users, and what a user did. Activity of internal users contributes to nothing.
with every_event as (

    select distinct
        activity_key,
        entity_type
    from {{ ref('def_scored_signals') }}
    where is_every_event

)

select
    entity_key,
    entity_type,
    final_on,
    user_key,
    activity_key,
    object_value,
    occurred_on,
    known_on,
    is_attributed_later,
    event_count,
    value_count,
    value_sum
from {{ ref('int_touched_activities') }}
where activity_key is not null

union all

select
    activities.entity_key,
    activities.entity_type,
    activities.final_on,
    activities.user_key,
    every_event.activity_key,
    cast(null as {{ dbt.type_string() }}) as object_value,
    activities.occurred_on,
    activities.known_on,
    activities.is_attributed_later,
    activities.event_count,
    cast(0 as bigint) as value_count,
    cast(null as decimal(38, 9)) as value_sum
from {{ ref('int_touched_activities') }} as activities
inner join every_event
    on activities.entity_type = every_event.entity_type
where activities.counts_event
