-- The raw rows whose id more than one row carries, among those that this run reads. The usable copies of an
-- event are numbered in order of arrival, those that arrived in earlier runs included; the first one counts.
-- depends_on: {{ ref('int_build_plan') }}
select
    source_name,
    event_id,
    user_id,
    anonymous_id,
    account_id,
    event_name,
    properties,
    case
        when quarantine_reason is null then earlier_copies + row_number() over (
            partition by event_id, quarantine_reason
            order by received_at, occurred_at, event_name, user_id, account_id, anonymous_id, properties
        )
    end as copy_number,
    occurred_on,
    received_on,
    known_on,
    occurred_at,
    received_at,
    raw_occurred_at
from {{ ref('int_event_exceptions') }}
where earlier_copies is not null and event_id is not null
