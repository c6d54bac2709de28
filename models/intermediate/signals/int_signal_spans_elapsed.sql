-- The measures that count days since something (`days_since_last`, `days_since_first`,
-- `days_since_signup`). Their value grows by itself, so a span ends only where the condition changes.
{% set by_day = 'partition by entity_key, signal_number order by valid_from' %}
with since_activity as (

    select
        entity_key,
        signal_number,
        valid_from,
        valid_to,
        since_on
    from {{ ref('int_activity_ages') }}

),

since_signup as (

    select
        creations.entity_key,
        signals.signal_number,
        greatest(creations.created_on, creations.valid_from, touched.final_on) as valid_from,
        creations.valid_to,
        creations.created_on as since_on
    from {{ ref('int_entity_creations') }} as creations
    inner join {{ ref('int_touched_entities') }} as touched
        on
            creations.entity_key = touched.entity_key
            and creations.valid_to > touched.final_on
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
        elapsed.entity_key,
        elapsed.signal_number,
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
        on elapsed.signal_number = signals.signal_number

),

split as (

    select
        entity_key,
        signal_number,
        valid_from,
        least(valid_to, turns_on) as valid_to,
        since_on,
        operator = '<=' as is_met
    from turned
    where valid_from < turns_on

    union all

    select
        entity_key,
        signal_number,
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
        entity_key,
        signal_number,
        valid_from,
        since_on,
        is_met
    from split

    union all

    select
        entity_key,
        signal_number,
        valid_to as valid_from,
        cast(null as date) as since_on,
        false as is_met
    from (
        select
            entity_key,
            signal_number,
            valid_to,
            coalesce(
                lead(valid_from) over (partition by entity_key, signal_number order by valid_from),
                date '9999-12-31'
            ) as next_from
        from split
    ) as followed
    where valid_to < next_from

),

compared as (

    select
        entity_key,
        signal_number,
        valid_from,
        since_on,
        is_met,
        coalesce(lag(is_met) over ({{ by_day }}), false) as was_met,
        case
            when lag(valid_from) over ({{ by_day }}) is null then true
            else
                lag(is_met) over ({{ by_day }}) <> is_met
                or (lag(since_on) over ({{ by_day }}) is null) <> (since_on is null)
        end as is_change
    from with_gaps

)

select
    compared.entity_key,
    signals.entity_type,
    signals.signal_key,
    compared.valid_from,
    coalesce(
        lead(compared.valid_from) over (
            partition by compared.entity_key, compared.signal_number order by compared.valid_from
        ),
        date '9999-12-31'
    ) as valid_to,
    cast({{ days_between('compared.since_on', 'compared.valid_from') }} as decimal(38, 9)) as signal_value,
    cast(null as decimal(38, 9)) as previous_value,
    cast(null as {{ dbt.type_string() }}) as attribute_value,
    compared.since_on is not null as is_measured,
    compared.is_met,
    compared.was_met
from compared
inner join {{ ref('def_scored_signals') }} as signals
    on compared.signal_number = signals.signal_number
where compared.is_change
