-- The second at which an entity reached its definition on the day it qualified; no row where no event of
-- that day caused it (a window closed, or a day passed). The score of an hour is that of the end of the day
-- without what the events after it changed.
{% set before = "timestamp '0001-01-01 00:00:00'" %}
{% set signal_by_time = 'partition by entity_key, entered_on, definition_key, signal_key order by known_at' %}
{% set by_time = 'partition by entity_key, entered_on, definition_key order by known_at' %}

with entries as (

    select
        changes.entity_key,
        changes.definition_key,
        changes.changed_on as entered_on,
        changes.score,
        definitions.enter_threshold
    from {{ ref('int_new_status_changes') }} as changes
    inner join {{ ref('def_definitions') }} as definitions
        on changes.definition_key = definitions.definition_key
    where changes.is_qualified

),

points as (

    select
        entries.entity_key,
        entries.entered_on,
        entries.definition_key,
        weights.signal_key,
        signals.known_at,
        {{ points_earned('signals.is_met', 'signals.signal_value', 'weights') }} as points,
        case when signals.is_met and weights.is_required then 1 else 0 end as required_met
    from {{ ref('int_entry_day_signals') }} as signals
    inner join entries
        on
            signals.entity_key = entries.entity_key
            and signals.entered_on = entries.entered_on
    inner join {{ ref('def_weights') }} as weights
        on
            signals.entity_type = weights.entity_type
            and signals.signal_key = weights.signal_key
            and entries.definition_key = weights.definition_key

),

deltas as (

    select
        entity_key,
        entered_on,
        definition_key,
        known_at,
        points - coalesce(lag(points) over ({{ signal_by_time }}), 0) as points_delta,
        required_met - coalesce(lag(required_met) over ({{ signal_by_time }}), 0) as required_delta
    from points

),

-- With how the day began.
hours as (

    select
        entity_key,
        entered_on,
        definition_key,
        known_at,
        points_delta,
        required_delta
    from deltas

    union all

    select
        entity_key,
        entered_on,
        definition_key,
        {{ before }} as known_at,
        0 as points_delta,
        0 as required_delta
    from entries

),

changes as (

    select
        entity_key,
        entered_on,
        definition_key,
        known_at,
        sum(points_delta) as points_delta,
        sum(required_delta) as required_delta
    from hours
    group by entity_key, entered_on, definition_key, known_at

),

later as (

    select
        entity_key,
        entered_on,
        definition_key,
        known_at,
        coalesce(
            sum(points_delta) over ({{ by_time }} rows between 1 following and unbounded following), 0
        ) as points_gained_later,
        coalesce(
            sum(required_delta) over ({{ by_time }} rows between 1 following and unbounded following), 0
        ) as required_met_later
    from changes

),

reached as (

    select
        entries.entity_key,
        entries.definition_key,
        entries.entered_on,
        min(later.known_at) as qualified_at
    from entries
    inner join later
        on
            entries.entity_key = later.entity_key
            and entries.definition_key = later.definition_key
            and entries.entered_on = later.entered_on
            and entries.score - later.points_gained_later >= entries.enter_threshold
            -- On the day it qualified all required signals are met.
            and later.required_met_later = 0
    group by entries.entity_key, entries.definition_key, entries.entered_on

)

select
    entity_key,
    definition_key,
    entered_on,
    qualified_at
from reached
where qualified_at > {{ before }}
