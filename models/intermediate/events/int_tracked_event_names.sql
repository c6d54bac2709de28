-- Which activities an event name can belong to; `*` in the tracking plan stands for every name.
with event_names as (

    select distinct event_name
    from {{ ref('stg_raw__events') }}
    where event_name is not null

)

select
    event_names.event_name,
    activities.activity_key,
    activities.property,
    activities.operator,
    activities.property_value,
    activities.property_number,
    activities.object_property,
    activities.value_property
from event_names
inner join {{ ref('def_activities') }} as activities
    on
        event_names.event_name = activities.event_name
        or activities.event_name = '*'
