-- The measures that count days since something (`days_since_last`, `days_since_first`,
-- `days_since_signup`). Their value grows by itself, so a span ends only where the condition changes.
{% set by_day = 'partition by entity_key, signal_key order by valid_from' %}
with elapsed as (

    select
        ages.entity_key,
        signals.entity_type,
        signals.signal_key,
        signals.operator,
        signals.threshold,
        greatest(ages.valid_from, touched.final_on) as valid_from,
        ages.valid_to,
        ages.since_on
    from {{ ref('int_age_history') }} as ages
    inner join {{ ref('int_touched_entities') }} as touched
        on
            ages.entity_key = touched.entity_key
            and ages.valid_to > touched.final_on
    inner join {{ ref('def_scored_signals') }} as signals
        on
            touched.entity_type = signals.entity_type
            and ages.signal_key = signals.signal_key

),

-- The day from which on the number of days is at least (`>=`) or above (`<=`) the threshold.
turned as (

    select
        *,
        case operator
            when '<=' then {{ add_days('since_on', 'floor(threshold) + 1') }}
            else {{ add_days('since_on', 'ceil(threshold)') }}
        end as turns_on
    from elapsed

),

split as (

    select
        entity_key,
        entity_type,
        signal_key,
        valid_from,
        since_on,
        operator = '<=' as is_met
    from turned
    where valid_from < turns_on

    union all

    select
        entity_key,
        entity_type,
        signal_key,
        greatest(valid_from, turns_on) as valid_from,
        since_on,
        operator <> '<=' as is_met
    from turned
    where turns_on < valid_to

    union all

    -- Nothing is measured.
    select
        entity_key,
        entity_type,
        signal_key,
        valid_from,
        since_on,
        false as is_met
    from turned
    where since_on is null

),

compared as (

    select
        *,
        coalesce(lag(is_met) over ({{ by_day }}), false) as was_met,
        case
            when lag(valid_from) over ({{ by_day }}) is null then true
            else
                lag(is_met) over ({{ by_day }}) <> is_met
                or (lag(since_on) over ({{ by_day }}) is null) <> (since_on is null)
        end as is_change
    from split

)

select
    entity_key,
    entity_type,
    signal_key,
    valid_from,
    coalesce(
        lead(valid_from) over (partition by entity_key, signal_key order by valid_from), date '9999-12-31'
    ) as valid_to,
    cast({{ days_between('since_on', 'valid_from') }} as decimal(38, 9)) as signal_value,
    cast(null as decimal(38, 9)) as previous_value,
    cast(null as {{ dbt.type_string() }}) as attribute_value,
    since_on is not null as is_measured,
    is_met,
    was_met
from compared
where is_change
