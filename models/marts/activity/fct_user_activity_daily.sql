select
    account_id,
    user_id,
    activity_key,
    object_value,
    occurred_on,
    received_on,
    known_on,
    count(*) as event_count,
    count(measured_value) as value_count,
    cast(sum(measured_value) as decimal(38, 9)) as value_sum,
    min(occurred_at) as first_occurred_at,
    max(occurred_at) as last_occurred_at
from {{ ref('int_event_activities') }}
group by account_id, user_id, activity_key, object_value, occurred_on, received_on, known_on
