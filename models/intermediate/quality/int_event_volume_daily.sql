-- How many rows of each source arrived on each day, by the names of the tracking plan; `*` stands for the
-- other names. Every delivered row counts, copies and unusable ones too: this is what was sent. Only the times
-- and the name are read.
-- depends_on: {{ ref('int_build_plan') }}
with tracked_names as (

    select distinct event_name
    from {{ ref('def_activities') }}
    where event_name <> '*'

)

select
    events.source_name,
    coalesce(tracked_names.event_name, '*') as event_name,
    events.received_on,
    count(*) as event_count
from {{ ref('int_arrived_events') }} as events
left join tracked_names
    on events.event_name = tracked_names.event_name
where events.received_on is not null
group by events.source_name, coalesce(tracked_names.event_name, '*'), events.received_on
