-- The usable events that this run reads, each once. Almost all ids stand once; only the repeated ones are
-- ranked, so that no sort over all events is needed.
-- depends_on: {{ ref('int_build_plan') }}
{% set plan = build_plan() %}
{% set columns %}
    events.source_name,
    events.event_id,
    events.user_id,
    events.anonymous_id,
    events.account_id,
    events.event_name,
    events.properties,
    events.occurred_on,
    events.received_on,
    events.known_on,
    events.occurred_at,
    events.received_at,
    events.raw_occurred_at
{% endset %}
select {{ columns }}
from {{ ref('int_arrived_events') }} as events
left join {{ ref('int_event_copies') }} as copies
    on
        events.event_id = copies.event_id
        and copies.received_on >= date '{{ plan.arrived_from }}'
where events.quarantine_reason is null and copies.event_id is null

union all

select {{ columns }}
from {{ ref('int_event_copies') }} as events
where events.copy_number = 1 and events.received_on >= date '{{ plan.arrived_from }}'
