-- Changes of status up to the as-of day; what lies after it is a projection and no change yet.
select
    history.entity_key,
    history.entity_type,
    history.definition_key,
    history.definition_version,
    -- Why the status was lost stands on the interval before.
    case when not history.is_qualified then lost.ended_by end as ended_by,
    history.score,
    history.is_qualified,
    history.valid_from as changed_on,
    row_number() over (
        partition by history.entity_key, history.definition_key, history.is_qualified
        order by history.valid_from
    ) as occurrence
from {{ ref('int_status_history') }} as history
inner join {{ ref('int_as_of') }} as as_of
    on history.valid_from <= as_of.as_of_on
left join {{ ref('int_status_history') }} as lost
    on
        history.entity_key = lost.entity_key
        and history.definition_key = lost.definition_key
        and history.valid_from = lost.valid_to
        and lost.ended_by is not null
where history.is_qualified <> history.was_qualified
