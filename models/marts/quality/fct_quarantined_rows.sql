-- The raw rows that cannot be used, with the reason.

{# raw table, its key, its time as delivered #}
{% set raw_tables = [
    ('users', 'user_id', 'raw_created_at'),
    ('accounts', 'account_id', 'raw_created_at'),
    ('subscriptions', 'subscription_id', 'raw_started_at'),
    ('leads', 'lead_id', 'raw_created_at'),
    ('touches', 'touch_id', 'raw_touched_at'),
    ('spend', 'acquisition_channel', 'raw_spent_on'),
    ('companies', 'company_id', 'raw_created_at'),
    ('identifies', 'anonymous_id', 'raw_identified_at'),
    ('memberships', 'user_id', 'raw_valid_from'),
    ('merges', 'merged_id', 'raw_merged_at'),
] %}

select
    source_name,
    'events' as raw_table,
    event_id as row_id,
    quarantine_reason as reason,
    raw_occurred_at as raw_time
from {{ ref('int_quarantined_events') }}

union all

select
    source_name,
    'events' as raw_table,
    event_id as row_id,
    'no_user_or_account' as reason,
    raw_occurred_at as raw_time
from {{ ref('int_events_of_nobody') }}

{% for raw_table, key, time in raw_tables %}
union all

select
    source_name,
    '{{ raw_table }}' as raw_table,
    {{ key }} as row_id,
    quarantine_reason as reason,
    {{ time }} as raw_time
from {{ ref('int_' ~ raw_table ~ '_unioned') }}
where quarantine_reason is not null
{% endfor %}
