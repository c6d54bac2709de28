-- Who did what on which day, and when it became known. Rows never change once their day of arrival is over.
-- depends_on: {{ ref('int_build_plan') }}
{% set plan = build_plan() %}
select
    source_name,
    account_key,
    user_key,
    anonymous_key,
    activity_key,
    object_value,
    occurred_on,
    received_on,
    min(known_on) as known_on,
    counts_event,
    count(*) as event_count,
    count(measured_value) as value_count,
    cast(sum(measured_value) as decimal(38, 9)) as value_sum,
    min(occurred_at) as first_occurred_at,
    max(occurred_at) as last_occurred_at
from {{ ref('int_event_activities') }}
where received_on >= date '{{ plan.arrived_from }}'
group by
    source_name, account_key, user_key, anonymous_key, activity_key, object_value, occurred_on, received_on,
    counts_event
