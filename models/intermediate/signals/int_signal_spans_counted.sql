-- Value of the summed and distinct measures on every day: the running sum of their deltas.
with deltas as (

    select
        entity_type,
        entity_id,
        signal_key,
        changed_on,
        value_delta,
        count_delta
    from {{ ref('int_signal_deltas_summed') }}

    union all

    select
        entity_type,
        entity_id,
        signal_key,
        changed_on,
        cast(delta as decimal(38, 9)) as value_delta,
        0 as count_delta
    from {{ ref('int_signal_deltas_distinct') }}

),

changes as (

    select
        entity_type,
        entity_id,
        signal_key,
        changed_on,
        sum(value_delta) as value_delta,
        sum(count_delta) as count_delta
    from deltas
    group by entity_type, entity_id, signal_key, changed_on
    having sum(value_delta) <> 0 or sum(count_delta) <> 0

),

running as (

    select
        entity_type,
        entity_id,
        signal_key,
        changed_on as valid_from,
        coalesce(lead(changed_on) over (by_day), date '9999-12-31') as valid_to,
        cast(sum(value_delta) over (by_day rows between unbounded preceding and current row) as decimal(38, 9))
            as total,
        cast(sum(count_delta) over (by_day rows between unbounded preceding and current row) as bigint)
            as value_count
    from changes
    window by_day as (partition by entity_type, entity_id, signal_key order by changed_on)

),

measured as (

    select
        running.entity_type,
        running.entity_id,
        running.signal_key,
        running.valid_from,
        running.valid_to,
        signals.threshold,
        signals.operator,
        case
            when signals.measure <> 'average' then running.total
            when running.value_count > 0
                then cast(running.total / running.value_count as decimal(38, 9))
        end as signal_value
    from running
    inner join {{ ref('def_scored_signals') }} as signals
        on
            running.entity_type = signals.entity_type
            and running.signal_key = signals.signal_key

)

select
    entity_type,
    entity_id,
    signal_key,
    valid_from,
    valid_to,
    signal_value,
    signal_value is not null as is_measured,
    coalesce(
        case operator
            when '<=' then signal_value <= threshold
            else signal_value >= threshold
        end,
        false
    ) as is_met
from measured
