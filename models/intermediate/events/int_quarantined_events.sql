-- The raw events that cannot be used, with the reason.
-- depends_on: {{ ref('int_build_plan') }}
select
    source_name,
    event_id,
    quarantine_reason,
    raw_occurred_at,
    received_on
from {{ ref('int_event_exceptions') }}
where quarantine_reason is not null
