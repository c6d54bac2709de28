-- Value of the summed and distinct measures on every day: the running sum of their deltas.
{% set by_day = 'partition by entity_key, signal_number order by changed_on' %}
with deltas as (

    select
        entity_key,
        signal_number,
        changed_on,
        value_delta,
        count_delta
    from {{ ref('int_signal_deltas_summed') }}

    union all

    select
        entity_key,
        signal_number,
        changed_on,
        cast(delta as decimal(38, 9)) as value_delta,
        0 as count_delta
    from {{ ref('int_signal_deltas_distinct') }}

),

changes as (

    select
        entity_key,
        signal_number,
        changed_on,
        sum(value_delta) as value_delta,
        sum(count_delta) as count_delta
    from deltas
    group by entity_key, signal_number, changed_on
    having sum(value_delta) <> 0 or sum(count_delta) <> 0

),

running as (

    select
        entity_key,
        signal_number,
        value_delta,
        count_delta,
        changed_on as valid_from,
        coalesce(lead(changed_on) over ({{ by_day }}), date '9999-12-31') as valid_to,
        sum(value_delta) over ({{ by_day }} rows between unbounded preceding and current row) as total,
        sum(count_delta) over ({{ by_day }} rows between unbounded preceding and current row) as value_count
    from changes

),

-- What held the day before is what holds without the day's delta.
measured as (

    select
        running.entity_key,
        signals.entity_type,
        signals.signal_key,
        running.valid_from,
        running.valid_to,
        signals.threshold,
        signals.operator,
        case
            when signals.measure <> 'average' then cast(running.total as decimal(38, 9))
            when running.value_count > 0
                then cast(running.total / running.value_count as decimal(38, 9))
        end as signal_value,
        case
            when signals.measure <> 'average' then cast(running.total - running.value_delta as decimal(38, 9))
            when running.value_count > running.count_delta
                then cast(
                    (running.total - running.value_delta) / (running.value_count - running.count_delta)
                    as decimal(38, 9)
                )
        end as previous_value
    from running
    inner join {{ ref('def_scored_signals') }} as signals
        on running.signal_number = signals.signal_number

)

select
    entity_key,
    entity_type,
    signal_key,
    valid_from,
    valid_to,
    signal_value,
    previous_value,
    cast(null as {{ dbt.type_string() }}) as attribute_value,
    signal_value is not null as is_measured,
    coalesce(
        case operator
            when '<=' then signal_value <= threshold
            else signal_value >= threshold
        end,
        false
    ) as is_met,
    coalesce(
        case operator
            when '<=' then previous_value <= threshold
            else previous_value >= threshold
        end,
        false
    ) as was_met
from measured
