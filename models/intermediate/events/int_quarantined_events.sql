-- The raw events that cannot be used, with the reason.
-- depends_on: {{ ref('int_build_plan') }}
select
    event_id,
    quarantine_reason,
    cast(raw_occurred_at as varchar) as raw_occurred_at,
    received_on
from {{ ref('int_arrived_events') }}
where quarantine_reason is not null
