-- The changes of status that this run says anew: those after the last final day of the touched entities, and
-- those that were a projection at the last build. What lies after the as-of day is a projection still.
-- depends_on: {{ ref('int_build_plan') }}
{% set plan = build_plan() %}
with changes as (

    select
        history.*,
        row_number() over (
            partition by history.entity_key, history.definition_key, history.is_qualified
            order by history.valid_from
        ) as occurrence
    from {{ ref('int_status_history') }} as history
    inner join {{ ref('int_as_of') }} as as_of
        on history.valid_from <= as_of.as_of_on
    where history.is_qualified <> history.was_qualified

),

new_changes as (

    select changes.*
    from changes
    left join {{ ref('int_touched_entities') }} as touched
        on changes.entity_key = touched.entity_key
    where
        changes.valid_from > touched.final_on
        or changes.valid_from > date '{{ plan.previous_as_of_on }}'

)

select
    changes.entity_key,
    changes.entity_type,
    changes.definition_key,
    changes.definition_version,
    -- Why the status was lost stands on the interval before.
    case when not changes.is_qualified then lost.ended_by end as ended_by,
    changes.score,
    changes.is_qualified,
    changes.valid_from as changed_on,
    changes.occurrence
from new_changes as changes
left join {{ ref('int_status_history') }} as lost
    on
        changes.entity_key = lost.entity_key
        and changes.definition_key = lost.definition_key
        and changes.valid_from = lost.valid_to
        and lost.ended_by is not null
