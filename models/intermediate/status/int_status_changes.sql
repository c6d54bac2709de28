-- Changes of status up to the as-of day; what lies after it is a projection and no change yet.
with statuses as (

    select
        history.entity_type,
        history.entity_id,
        history.definition_key,
        history.definition_version,
        history.valid_from as changed_on,
        history.score,
        history.is_qualified,
        coalesce(lag(history.is_qualified) over (by_day), false) as was_qualified,
        lag(history.ended_by) over (by_day) as ended_by
    from {{ ref('fct_status_history') }} as history
    inner join {{ ref('int_as_of') }} as as_of
        on history.valid_from <= as_of.as_of_on
    window
        by_day as (
            partition by history.entity_type, history.entity_id, history.definition_key
            order by history.valid_from
        )

)

select
    entity_type,
    entity_id,
    definition_key,
    definition_version,
    ended_by,
    score,
    is_qualified,
    changed_on
from statuses
where is_qualified <> was_qualified
