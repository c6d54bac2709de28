-- Where every raw row went. A row is used, a duplicate, quarantined, set aside (events of internal users)
-- or, with the var `pql_as_of`, not yet known on that day. Each count is made on its own.
with event_days as (

    select
        coalesce(sum(case when not is_internal then event_count end), 0) as rows_used,
        coalesce(sum(case when is_internal then event_count end), 0) as rows_set_aside
    from {{ ref('int_activities_attributed') }}
    where counts_event

),

quarantined_events as (

    select count(*) as rows_quarantined
    from {{ ref('int_quarantined_events') }}

),

event_copies as (

    select count(*) as rows_duplicate
    from {{ ref('int_event_copies') }}
    where copy_number > 1

),

later_events as (

    {% if var('pql_as_of') is none %}
    select 0 as rows_not_yet_known
    {% else %}
    select coalesce(sum(event_count), 0) as rows_not_yet_known
    from {{ ref('int_events_daily') }}
    where counts_event and known_on > cast({{ string_literal(var('pql_as_of')) }} as date)
    {% endif %}

),

raw_events as (

    select count(*) as rows_in
    from {{ source('raw', 'events') }}

),

counts as (

    select
        'events' as raw_table,
        raw_events.rows_in,
        event_days.rows_used,
        event_copies.rows_duplicate,
        quarantined_events.rows_quarantined,
        event_days.rows_set_aside,
        later_events.rows_not_yet_known
    from raw_events
    cross join event_days
    cross join event_copies
    cross join quarantined_events
    cross join later_events

    union all

    {% for raw_table in ['users', 'accounts', 'subscriptions', 'leads', 'touches'] %}
    select
        '{{ raw_table }}' as raw_table,
        count(*) as rows_in,
        count(case when quarantine_reason is null and copy_number = 1 then 1 end) as rows_used,
        count(case when copy_number > 1 then 1 end) as rows_duplicate,
        count(quarantine_reason) as rows_quarantined,
        0 as rows_set_aside,
        0 as rows_not_yet_known
    from {{ ref('int_' ~ raw_table ~ '_unioned') }}

    union all

    {% endfor %}
    select
        'spend' as raw_table,
        count(*) as rows_in,
        count(case when quarantine_reason is null then 1 end) as rows_used,
        0 as rows_duplicate,
        count(quarantine_reason) as rows_quarantined,
        0 as rows_set_aside,
        0 as rows_not_yet_known
    from {{ ref('int_spend_unioned') }}

)

select
    raw_table,
    cast(rows_in as bigint) as rows_in,
    cast(rows_used as bigint) as rows_used,
    cast(rows_duplicate as bigint) as rows_duplicate,
    cast(rows_quarantined as bigint) as rows_quarantined,
    cast(rows_set_aside as bigint) as rows_set_aside,
    cast(rows_not_yet_known as bigint) as rows_not_yet_known
from counts
