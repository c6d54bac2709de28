-- The raw rows that cannot be used, with the reason.
select
    'events' as raw_table,
    cast(event_id as varchar) as row_id,
    quarantine_reason as reason,
    raw_occurred_at as raw_time
from {{ ref('stg_raw__events') }}
where quarantine_reason is not null

union all

select
    'users' as raw_table,
    cast(user_id as varchar) as row_id,
    quarantine_reason as reason,
    raw_created_at as raw_time
from {{ ref('stg_raw__users') }}
where quarantine_reason is not null

union all

select
    'accounts' as raw_table,
    cast(account_id as varchar) as row_id,
    quarantine_reason as reason,
    raw_created_at as raw_time
from {{ ref('stg_raw__accounts') }}
where quarantine_reason is not null

union all

select
    'subscriptions' as raw_table,
    cast(subscription_id as varchar) as row_id,
    quarantine_reason as reason,
    raw_started_at as raw_time
from {{ ref('stg_raw__subscriptions') }}
where quarantine_reason is not null

union all

select
    'leads' as raw_table,
    cast(lead_id as varchar) as row_id,
    quarantine_reason as reason,
    raw_created_at as raw_time
from {{ ref('stg_raw__leads') }}
where quarantine_reason is not null

union all

select
    'touches' as raw_table,
    cast(touch_id as varchar) as row_id,
    quarantine_reason as reason,
    raw_touched_at as raw_time
from {{ ref('stg_raw__touches') }}
where quarantine_reason is not null

union all

select
    'spend' as raw_table,
    cast(acquisition_channel as varchar) as row_id,
    quarantine_reason as reason,
    raw_spent_on as raw_time
from {{ ref('stg_raw__spend') }}
where quarantine_reason is not null
