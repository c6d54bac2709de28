-- Since when the measures that count days since something count them, on every day. Their value grows by itself, and
-- the signal history splits only where its condition changes: whoever needs the value of a day takes it from here. Of a
-- touched entity the days after its last final day are computed anew, as in the signal history.
-- depends_on: {{ ref('int_build_plan') }} {{ ref('int_touched_entities') }}
{% set plan = build_plan() %}
{% set by_day = 'partition by entity_key, signal_number order by valid_from' %}
with ages as (

    select
        entity_key,
        signal_number,
        valid_from,
        valid_to,
        since_on
    from {{ ref('int_activity_ages') }}

    union all

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

-- Between two of them nothing is measured where all rows stopped counting (the creation day moved back).
with_gaps as (

    select
        entity_key,
        signal_number,
        valid_from,
        since_on
    from ages

    union all

    select
        entity_key,
        signal_number,
        valid_to as valid_from,
        cast(null as date) as since_on
    from (
        select
            entity_key,
            signal_number,
            valid_to,
            coalesce(lead(valid_from) over ({{ by_day }}), date '9999-12-31') as next_from
        from ages
    ) as followed
    where valid_to < next_from

),

compared as (

    select
        *,
        case
            when lag(valid_from) over ({{ by_day }}) is null then true
            else
                coalesce(lag(since_on) over ({{ by_day }}), date '9999-12-31')
                <> coalesce(since_on, date '9999-12-31')
        end as is_change
    from with_gaps

),

changes as (

    select
        compared.entity_key,
        signals.signal_key,
        compared.valid_from,
        compared.since_on
    from compared
    inner join {{ ref('def_scored_signals') }} as signals
        on compared.signal_number = signals.signal_number
    {% if not plan.rescores_all %}
    inner join {{ ref('int_touched_entities') }} as touched
        on
            compared.entity_key = touched.entity_key
            and compared.valid_from > touched.final_on
    {% endif %}
    where compared.is_change

    {% if not plan.rescores_all %}
    union all

    select
        held.entity_key,
        held.signal_key,
        held.valid_from,
        held.since_on
    from {{ this }} as held
    inner join {{ ref('int_touched_entities') }} as touched
        on held.entity_key = touched.entity_key
    where held.valid_from <= touched.final_on and touched.final_on < held.valid_to
    {% endif %}

)

select
    entity_key,
    signal_key,
    valid_from,
    coalesce(
        lead(valid_from) over (partition by entity_key, signal_key order by valid_from), date '9999-12-31'
    ) as valid_to,
    since_on
from changes
