-- The changes of status that this run says anew: those after the last final day of the touched entities, and
-- those that were a projection at the last build. What lies after the as-of day is a projection still.
-- depends_on: {{ ref('int_build_plan') }}
{% set plan = build_plan() %}
with as_known as (

    select history.*
    from {{ ref('int_status_history') }} as history
    inner join {{ ref('int_as_of') }} as as_of
        on history.valid_from <= as_of.as_of_on

),

-- Changes are numbered over the whole history of an entity: only the histories are read in which there is a new one.
entities as (

    select entity_key
    from {{ ref('int_touched_entities') }}

    union

    select entity_key
    from as_known
    where valid_from > date '{{ plan.previous_as_of_on }}'

),

changes as (

    select
        as_known.*,
        row_number() over (
            partition by as_known.entity_key, as_known.definition_key, as_known.is_qualified
            order by as_known.valid_from
        ) as occurrence
    from as_known
    inner join entities
        on as_known.entity_key = entities.entity_key
    where as_known.is_qualified <> as_known.was_qualified

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
from changes
left join {{ ref('int_touched_entities') }} as touched
    on changes.entity_key = touched.entity_key
left join {{ ref('int_status_history') }} as lost
    on
        changes.entity_key = lost.entity_key
        and changes.definition_key = lost.definition_key
        and changes.valid_from = lost.valid_to
        and lost.ended_by is not null
where
    changes.valid_from > touched.final_on
    or changes.valid_from > date '{{ plan.previous_as_of_on }}'
