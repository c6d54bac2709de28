-- Where every raw row went, by source. A row is used, a duplicate, quarantined, set aside (events of internal
-- users) or, with the var `pql_as_of`, not yet known on that day. Each count is made on its own.
{% set entity_tables = [
    'users', 'accounts', 'subscriptions', 'leads', 'touches', 'spend', 'companies', 'identifies', 'memberships', 'merges',
] %}
with delivered as (

    {% for raw_table in ['events'] + entity_tables %}
    {% set is_first_table = loop.first %}
    {% for adapter in adapters_of(raw_table) %}
    {{ "union all" if not (is_first_table and loop.first) }}

    select
        '{{ adapter }}' as source_name,
        '{{ raw_table }}' as raw_table,
        count(*) as rows_in
    from {{ source('raw', raw_table) if adapter == 'raw' else ref('stg_' ~ adapter ~ '__' ~ raw_table) }}
    {% endfor %}
    {% endfor %}

),

event_days as (

    select
        source_name,
        sum(case when not is_internal then event_count end) as rows_used,
        sum(case when is_internal then event_count end) as rows_set_aside
    from {{ ref('int_activities_attributed') }}
    where counts_event
    group by source_name

),

quarantined_events as (

    select
        source_name,
        count(*) as rows_quarantined
    from {{ ref('int_quarantined_events') }}
    group by source_name

),

events_of_nobody as (

    select
        source_name,
        count(*) as rows_quarantined
    from {{ ref('int_events_of_nobody') }}
    group by source_name

),

event_copies as (

    select
        source_name,
        count(*) as rows_duplicate
    from {{ ref('int_event_copies') }}
    where copy_number > 1
    group by source_name

),

later_events as (

    select
        source_name,
        sum(event_count) as rows_not_yet_known
    from {{ ref('int_events_daily') }}
    where counts_event and not {{ is_known_by_as_of() }}
    group by source_name

),

counts as (

    select
        delivered.source_name,
        delivered.raw_table,
        coalesce(event_days.rows_used, 0) as rows_used,
        coalesce(event_copies.rows_duplicate, 0) as rows_duplicate,
        coalesce(quarantined_events.rows_quarantined, 0)
        + coalesce(events_of_nobody.rows_quarantined, 0) as rows_quarantined,
        coalesce(event_days.rows_set_aside, 0) as rows_set_aside,
        coalesce(later_events.rows_not_yet_known, 0) as rows_not_yet_known
    from delivered
    left join event_days
        on delivered.source_name = event_days.source_name
    left join event_copies
        on delivered.source_name = event_copies.source_name
    left join quarantined_events
        on delivered.source_name = quarantined_events.source_name
    left join events_of_nobody
        on delivered.source_name = events_of_nobody.source_name
    left join later_events
        on delivered.source_name = later_events.source_name
    where delivered.raw_table = 'events'

    {% for raw_table in entity_tables if adapters_of(raw_table) %}
    {% set has_copies = raw_table != 'spend' %}
    union all

    select
        source_name,
        '{{ raw_table }}' as raw_table,
        count(case when quarantine_reason is null {{ "and copy_number = 1" if has_copies }} then 1 end) as rows_used,
        {{ "count(case when copy_number > 1 then 1 end)" if has_copies else "0" }} as rows_duplicate,
        count(quarantine_reason) as rows_quarantined,
        0 as rows_set_aside,
        0 as rows_not_yet_known
    from {{ ref('int_' ~ raw_table ~ '_unioned') }}
    group by source_name

    {% endfor %}

)

select
    delivered.source_name,
    delivered.raw_table,
    cast(delivered.rows_in as bigint) as rows_in,
    cast(coalesce(counts.rows_used, 0) as bigint) as rows_used,
    cast(coalesce(counts.rows_duplicate, 0) as bigint) as rows_duplicate,
    cast(coalesce(counts.rows_quarantined, 0) as bigint) as rows_quarantined,
    cast(coalesce(counts.rows_set_aside, 0) as bigint) as rows_set_aside,
    cast(coalesce(counts.rows_not_yet_known, 0) as bigint) as rows_not_yet_known
from delivered
left join counts
    on
        delivered.source_name = counts.source_name
        and delivered.raw_table = counts.raw_table
