-- The raw events of this run that are not just used: those that cannot be, and those whose id more than one row
-- carries, with how many of the usable copies arrived in earlier runs. Almost no event is one of them; to find
-- them takes reading all that there is of every event, which is done once.
-- depends_on: {{ ref('int_build_plan') }} {{ ref('int_events_unioned') }}
{% set plan = build_plan() %}
{% set event_id = text_hash('events.event_id') if plan.is_full else 'events.event_id' %}
{% set repeated_id = 'repeated.id_hash' if plan.is_full else 'repeated.event_id' %}
{% if plan.is_full %}
-- Candidates are found by a short hash, which costs less than the ids; that two ids share one does no harm.
with repeated as (

    select
        {{ text_hash('event_id') }} as id_hash,
        0 as earlier_copies
    from {{ ref('int_arrived_events') }}
    where event_id is not null
    group by {{ text_hash('event_id') }}
    having count(*) > 1

)
{% else %}
with arrived as (

    select
        event_id,
        count(*) as copies
    from {{ ref('int_arrived_events') }}
    group by event_id

),

-- Of the raw rows only the ids are read.
earlier as (

    select
        arrived.event_id,
        count(*) - max(arrived.copies) as copies
    from {{ ref('int_events_unioned') }} as events
    inner join arrived
        on events.event_id = arrived.event_id
    group by arrived.event_id

),

earlier_quarantined as (

    select
        event_id,
        count(*) as copies
    from {{ held('int_quarantined_events') }}
    where
        received_on < date '{{ plan.arrived_from }}'
        {{ "or received_on is null" if not plan.rereads_untimed }}
    group by event_id

),

repeated as (

    select
        arrived.event_id,
        coalesce(earlier.copies, 0) - coalesce(earlier_quarantined.copies, 0) as earlier_copies
    from arrived
    left join earlier
        on arrived.event_id = earlier.event_id
    left join earlier_quarantined
        on arrived.event_id = earlier_quarantined.event_id
    where arrived.copies > 1 or earlier.copies > coalesce(earlier_quarantined.copies, 0)

)
{% endif %}

select
    events.*,
    repeated.earlier_copies
from {{ ref('int_arrived_events') }} as events
left join repeated
    on {{ event_id }} = {{ repeated_id }}
where events.quarantine_reason is not null or repeated.earlier_copies is not null
