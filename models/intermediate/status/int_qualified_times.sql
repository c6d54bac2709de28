-- The second at which an entity reached its definition on the day it qualified; no row where no event of
-- that day caused it (a window closed, or a day passed).
with points as (

    select
        signals.entity_key,
        signals.entered_on,
        weights.definition_key,
        signals.signal_key,
        signals.known_at,
        {{ points_earned('signals.is_met', 'signals.signal_value', 'weights') }} as points,
        case when signals.is_met and weights.is_required then 1 else 0 end as required_met
    from {{ ref('int_entry_day_signals') }} as signals
    inner join {{ ref('def_weights') }} as weights
        on
            signals.entity_type = weights.entity_type
            and signals.signal_key = weights.signal_key

),

deltas as (

    select
        entity_key,
        entered_on,
        definition_key,
        known_at,
        points - coalesce(lag(points) over (by_time), 0) as points_delta,
        required_met - coalesce(lag(required_met) over (by_time), 0) as required_delta
    from points
    window by_time as (
        partition by entity_key, entered_on, definition_key, signal_key
        order by known_at
    )

),

changes as (

    select
        entity_key,
        entered_on,
        definition_key,
        known_at,
        sum(points_delta) as points_delta,
        sum(required_delta) as required_delta
    from deltas
    group by entity_key, entered_on, definition_key, known_at

),

running as (

    select
        entity_key,
        entered_on,
        definition_key,
        known_at,
        sum(points_delta) over (by_time rows between unbounded preceding and current row) as score,
        sum(required_delta) over (by_time rows between unbounded preceding and current row) as required_met_count
    from changes
    window by_time as (
        partition by entity_key, entered_on, definition_key
        order by known_at
    )

),

reached as (

    select
        entries.entity_key,
        entries.definition_key,
        entries.changed_on as entered_on,
        min(running.known_at) as qualified_at
    from {{ ref('int_new_status_changes') }} as entries
    inner join {{ ref('def_definitions') }} as definitions
        on entries.definition_key = definitions.definition_key
    inner join running
        on
            entries.entity_key = running.entity_key
            and entries.definition_key = running.definition_key
            and entries.changed_on = running.entered_on
            and running.score >= definitions.enter_threshold
            and running.required_met_count = definitions.required_signal_count
    where entries.is_qualified
    group by entries.entity_key, entries.definition_key, entries.changed_on

)

select
    entity_key,
    definition_key,
    entered_on,
    qualified_at
from reached
where cast(qualified_at as date) = entered_on
