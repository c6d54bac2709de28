-- For every entity and day on which it qualified: the rows that count for its signals at the end of that
-- day, with the time at which each became known. Rows known before the day have no time.
with entries as (

    select distinct
        entity_type,
        entity_id,
        changed_on as entered_on
    from {{ ref('int_status_changes') }}
    where is_qualified

),

earlier_rows as (

    select
        entries.entity_type,
        entries.entity_id,
        entries.entered_on,
        contributions.signal_key,
        contributions.measure,
        contributions.user_id,
        contributions.object_value,
        contributions.occurred_on,
        contributions.event_count,
        contributions.value_count,
        contributions.value_sum,
        cast(null as timestamp) as known_at
    from {{ ref('int_signal_contributions') }} as contributions
    inner join entries
        on
            contributions.entity_type = entries.entity_type
            and contributions.entity_id = entries.entity_id
            and contributions.starts_on <= entries.entered_on
            and entries.entered_on < contributions.ends_on
            and contributions.known_on < entries.entered_on

),

event_rows as (

    {% for entity_type in ['account', 'user'] %}
    select
        entries.entity_type,
        entries.entity_id,
        entries.entered_on,
        events.activity_key,
        events.user_id,
        events.object_value,
        events.measured_value,
        events.occurred_on,
        case
            when
                {{ days_between('events.occurred_on', 'events.received_on') }}
                > {{ var('pql_backfill_lag_days') }}
                then events.occurred_at
            else greatest(events.occurred_at, events.received_at)
        end as known_at
    from {{ ref('int_event_activities') }} as events
    inner join entries
        on
            entries.entity_type = '{{ entity_type }}'
            and events.{{ entity_type }}_id = entries.entity_id
            and events.known_on = entries.entered_on
    {{ "union all" if not loop.last }}
    {% endfor %}

),

rows_of_the_day as (

    select
        event_rows.entity_type,
        event_rows.entity_id,
        event_rows.entered_on,
        signals.signal_key,
        signals.measure,
        event_rows.user_id,
        event_rows.object_value,
        event_rows.occurred_on,
        cast(1 as bigint) as event_count,
        cast(case when event_rows.measured_value is null then 0 else 1 end as bigint) as value_count,
        event_rows.measured_value as value_sum,
        event_rows.known_at
    from event_rows
    inner join {{ ref('def_scored_signals') }} as signals
        on
            event_rows.activity_key = signals.activity_key
            and event_rows.entity_type = signals.entity_type
    left join {{ ref('int_entity_creations') }} as creations
        on
            event_rows.entity_type = creations.entity_type
            and event_rows.entity_id = creations.entity_id
            and creations.valid_from <= event_rows.entered_on
            and event_rows.entered_on < creations.valid_to
    where
        (
            signals.window_days is null
            or event_rows.entered_on < {{ add_days('event_rows.occurred_on', 'signals.window_days') }}
        )
        and (
            signals.within_days_of_signup is null
            or event_rows.occurred_on < {{ add_days('creations.created_on', 'signals.within_days_of_signup') }}
        )

)

select * from earlier_rows
union all
select * from rows_of_the_day
