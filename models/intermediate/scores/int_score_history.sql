-- The sum of points on every day: where the condition or the value of a signal changes, the score changes
-- by the difference of its points, and a running sum over these differences is the score. Of a touched
-- entity it goes on from the score of its last final day.
-- depends_on: {{ ref('int_build_plan') }} {{ ref('int_touched_entities') }}
{% set plan = build_plan() %}
{% set by_day = 'partition by changes.entity_key, changes.definition_key order by changes.changed_on' %}
with points as (

    select
        history.entity_key,
        weights.definition_key,
        history.valid_from as changed_on,
        {{ points_earned('history.is_met', 'history.signal_value', 'weights') }}
        - {{ points_earned('history.was_met', 'history.previous_value', 'weights') }} as points_delta,
        case
            when not weights.is_required or history.is_met = history.was_met then 0
            when history.is_met then 1
            else -1
        end as required_delta
    from {{ ref('int_signal_history') }} as history
    inner join {{ ref('def_weights') }} as weights
        on
            history.entity_type = weights.entity_type
            and history.signal_key = weights.signal_key
            -- Points that do not depend on the value change with the condition only.
            and (history.is_met <> history.was_met or weights.points_per_unit is not null)
    inner join {{ ref('int_touched_entities') }} as touched
        on
            history.entity_key = touched.entity_key
            and history.valid_from > touched.final_on
    where history.is_met or history.was_met

),

changes as (

    select
        entity_key,
        definition_key,
        changed_on,
        sum(points_delta) as points_delta,
        sum(required_delta) as required_delta
    from points
    group by entity_key, definition_key, changed_on
    having sum(points_delta) <> 0 or sum(required_delta) <> 0

    {% if not plan.rescores_all %}
    union all

    select
        held.entity_key,
        held.definition_key,
        held.valid_from as changed_on,
        held.score as points_delta,
        held.required_met_count as required_delta
    from {{ this }} as held
    inner join {{ ref('int_touched_entities') }} as touched
        on held.entity_key = touched.entity_key
    where held.valid_from <= touched.final_on and touched.final_on < held.valid_to
    {% endif %}

)

select
    changes.entity_key,
    definitions.entity_type,
    changes.definition_key,
    versions.definition_version,
    changes.changed_on as valid_from,
    coalesce(lead(changes.changed_on) over ({{ by_day }}), date '9999-12-31') as valid_to,
    cast(
        sum(changes.points_delta) over ({{ by_day }} rows between unbounded preceding and current row)
        as decimal(18, 4)
    ) as score,
    cast(
        sum(changes.required_delta) over ({{ by_day }} rows between unbounded preceding and current row)
        as integer
    ) as required_met_count
from changes
inner join {{ ref('def_definitions') }} as definitions
    on changes.definition_key = definitions.definition_key
inner join {{ ref('definition_versions') }} as versions
    on changes.definition_key = versions.definition_key
