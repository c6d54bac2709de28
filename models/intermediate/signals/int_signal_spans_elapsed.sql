-- The measures that count days since something (`days_since_last`, `days_since_first`,
-- `days_since_signup`). Their value grows by itself, so a span ends only where the condition changes.
with arrivals as (

    select
        entity_type,
        entity_id,
        signal_key,
        measure,
        creation_valid_to,
        starts_on,
        case measure when 'days_since_last' then max(occurred_on) else min(occurred_on) end as occurred_on
    from {{ ref('int_signal_contributions') }}
    where measure in ('days_since_last', 'days_since_first')
    group by entity_type, entity_id, signal_key, measure, creation_valid_to, starts_on

),

since_activity as (

    select
        entity_type,
        entity_id,
        signal_key,
        starts_on as valid_from,
        coalesce(lead(starts_on) over (by_arrival), creation_valid_to) as valid_to,
        case measure
            when 'days_since_last'
                then max(occurred_on) over (by_arrival rows between unbounded preceding and current row)
            else min(occurred_on) over (by_arrival rows between unbounded preceding and current row)
        end as since_on
    from arrivals
    window by_arrival as (
        partition by entity_type, entity_id, signal_key, creation_valid_to
        order by starts_on
    )

),

since_signup as (

    select
        creations.entity_type,
        creations.entity_id,
        signals.signal_key,
        greatest(creations.created_on, creations.valid_from) as valid_from,
        creations.valid_to,
        creations.created_on as since_on
    from {{ ref('int_entity_creations') }} as creations
    inner join {{ ref('def_scored_signals') }} as signals
        on
            creations.entity_type = signals.entity_type
            and signals.measure = 'days_since_signup'

),

elapsed as (

    select * from since_activity
    union all
    select * from since_signup

),

-- The day from which on the number of days is at least (`>=`) or above (`<=`) the threshold.
turned as (

    select
        elapsed.entity_type,
        elapsed.entity_id,
        elapsed.signal_key,
        elapsed.valid_from,
        elapsed.valid_to,
        elapsed.since_on,
        signals.operator,
        case signals.operator
            when '<=' then {{ add_days('elapsed.since_on', 'floor(signals.threshold) + 1') }}
            else {{ add_days('elapsed.since_on', 'ceil(signals.threshold)') }}
        end as turns_on
    from elapsed
    inner join {{ ref('def_scored_signals') }} as signals
        on
            elapsed.entity_type = signals.entity_type
            and elapsed.signal_key = signals.signal_key

),

split as (

    select
        entity_type,
        entity_id,
        signal_key,
        valid_from,
        least(valid_to, turns_on) as valid_to,
        since_on,
        operator = '<=' as is_met
    from turned
    where valid_from < turns_on

    union all

    select
        entity_type,
        entity_id,
        signal_key,
        greatest(valid_from, turns_on) as valid_from,
        valid_to,
        since_on,
        operator <> '<=' as is_met
    from turned
    where turns_on < valid_to

),

-- Between two spans nothing is measured where all rows stopped counting (the creation day moved back).
with_gaps as (

    select
        entity_type,
        entity_id,
        signal_key,
        valid_from,
        since_on,
        is_met
    from split

    union all

    select
        entity_type,
        entity_id,
        signal_key,
        valid_to as valid_from,
        cast(null as date) as since_on,
        false as is_met
    from (
        select
            entity_type,
            entity_id,
            signal_key,
            valid_to,
            coalesce(
                lead(valid_from) over (partition by entity_type, entity_id, signal_key order by valid_from),
                date '9999-12-31'
            ) as next_from
        from split
    ) as followed
    where valid_to < next_from

),

compared as (

    select
        entity_type,
        entity_id,
        signal_key,
        valid_from,
        since_on,
        is_met,
        case
            when lag(valid_from) over (by_day) is null then true
            else
                lag(is_met) over (by_day) <> is_met
                or (lag(since_on) over (by_day) is null) <> (since_on is null)
        end as is_change
    from with_gaps
    window by_day as (partition by entity_type, entity_id, signal_key order by valid_from)

)

select
    entity_type,
    entity_id,
    signal_key,
    valid_from,
    coalesce(
        lead(valid_from) over (partition by entity_type, entity_id, signal_key order by valid_from),
        date '9999-12-31'
    ) as valid_to,
    cast({{ days_between('since_on', 'valid_from') }} as decimal(38, 9)) as signal_value,
    since_on is not null as is_measured,
    is_met
from compared
where is_change
