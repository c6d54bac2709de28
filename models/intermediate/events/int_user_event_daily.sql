-- All events per account, user and day, whether the tracking plan names them or not: the pulse from
-- which creation days, the as-of day and activity are read. Internal users are kept apart to be counted.
select
    account_id,
    user_id,
    count(*) as event_count,
    is_internal,
    occurred_on,
    known_on
from {{ ref('int_events_attributed') }}
group by account_id, user_id, is_internal, occurred_on, known_on
