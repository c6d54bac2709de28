-- The usable events that name neither a user nor an account: who did it turns out later, or never.
-- depends_on: {{ ref('int_build_plan') }}
{% set plan = build_plan() %}
select
    events.source_name,
    events.event_id,
    keys.entity_key as anonymous_key,
    events.raw_occurred_at,
    events.known_on,
    events.received_on
from {{ ref('int_events_deduplicated') }} as events
inner join {{ ref('int_entity_keys') }} as keys
    on
        events.anonymous_id = keys.entity_id
        and keys.entity_type = 'anonymous'
where
    events.user_id is null
    and events.account_id is null
    and events.received_on >= date '{{ plan.arrived_from }}'
