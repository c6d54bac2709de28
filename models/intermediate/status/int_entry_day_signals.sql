-- Value of each signal that an event changed over the hours of a day on which the entity qualified: as signal
-- history is built over days, with the time at which a row became known in the place of the day. The value
-- before the day's first event stands at the start of time.
{% set before = "timestamp '0001-01-01 00:00:00'" %}
{% set by_time = 'partition by deltas.entity_key, deltas.entered_on, deltas.signal_number order by deltas.known_at' %}

with summed as (

    select
        entry_rows.entity_key,
        entry_rows.entered_on,
        entry_rows.signal_number,
        coalesce(entry_rows.known_at, {{ before }}) as known_at,
        sum(cast(
            case
                when entry_rows.measure = 'events' then entry_rows.event_count
                else coalesce(entry_rows.value_sum, 0)
            end * steps.share as decimal(38, 9)
        )) as value_delta,
        sum(entry_rows.value_count) as count_delta
    from {{ ref('int_entry_day_rows') }} as entry_rows
    inner join {{ ref('int_decay_steps') }} as steps
        on
            entry_rows.signal_number = steps.signal_number
            and steps.from_age_days <= {{ days_between('entry_rows.occurred_on', 'entry_rows.entered_on') }}
            and (
                steps.to_age_days is null
                or {{ days_between('entry_rows.occurred_on', 'entry_rows.entered_on') }} < steps.to_age_days
            )
    where
        entry_rows.measure = 'events'
        or (entry_rows.measure in ('sum', 'average') and entry_rows.value_count > 0)
    group by
        entry_rows.entity_key, entry_rows.entered_on, entry_rows.signal_number,
        entry_rows.known_at

),

units as (

    select
        entity_key,
        entered_on,
        signal_number,
        case measure
            when 'active_days' then cast(occurred_on as {{ dbt.type_string() }})
            when 'active_users' then cast(user_key as {{ dbt.type_string() }})
            else object_value
        end as unit,
        min(coalesce(known_at, {{ before }})) as known_at
    from {{ ref('int_entry_day_rows') }}
    where measure in ('active_days', 'active_users', 'distinct_objects')
    group by entity_key, entered_on, signal_number, unit

),

deltas as (

    select
        entity_key,
        entered_on,
        signal_number,
        known_at,
        value_delta,
        count_delta,
        cast(null as date) as since_on
    from summed

    union all

    select
        entity_key,
        entered_on,
        signal_number,
        known_at,
        cast(count(*) as decimal(38, 9)) as value_delta,
        0 as count_delta,
        cast(null as date) as since_on
    from units
    where unit is not null
    group by entity_key, entered_on, signal_number, known_at

    union all

    select
        entity_key,
        entered_on,
        signal_number,
        coalesce(known_at, {{ before }}) as known_at,
        cast(0 as decimal(38, 9)) as value_delta,
        0 as count_delta,
        case measure when 'days_since_last' then max(occurred_on) else min(occurred_on) end as since_on
    from {{ ref('int_entry_day_rows') }}
    where measure in ('days_since_last', 'days_since_first')
    group by entity_key, entered_on, signal_number, measure, known_at

),

running as (

    select
        deltas.entity_key,
        signals.entity_type,
        deltas.entered_on,
        signals.signal_key,
        deltas.known_at,
        signals.measure,
        signals.operator,
        signals.threshold,
        sum(deltas.value_delta) over ({{ by_time }} rows between unbounded preceding and current row) as total,
        sum(deltas.count_delta) over ({{ by_time }} rows between unbounded preceding and current row) as value_count,
        case signals.measure
            when 'days_since_last'
                then max(deltas.since_on) over ({{ by_time }} rows between unbounded preceding and current row)
            else min(deltas.since_on) over ({{ by_time }} rows between unbounded preceding and current row)
        end as since_on
    from deltas
    inner join {{ ref('def_scored_signals') }} as signals
        on
            deltas.signal_number = signals.signal_number

),

measured as (

    select
        *,
        case
            when since_on is not null
                then cast({{ days_between('since_on', 'entered_on') }} as decimal(38, 9))
            when measure <> 'average' then total
            when value_count > 0 then cast(total / value_count as decimal(38, 9))
        end as signal_value
    from running

)

select
    entity_key,
    entity_type,
    entered_on,
    signal_key,
    signal_value,
    coalesce(
        case operator
            when '<=' then signal_value <= threshold
            else signal_value >= threshold
        end,
        false
    ) as is_met,
    known_at
from measured
