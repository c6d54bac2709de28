-- Every qualifying, lapsing and converting, with the second at which an event caused it.
select
    changes.entity_key,
    changes.entity_type,
    changes.definition_key,
    changes.definition_version,
    case
        when changes.is_qualified and changes.occurrence = 1 then 'qualified'
        when changes.is_qualified then 'requalified'
        when changes.ended_by = 'converted' then 'converted'
        else 'lapsed'
    end as transition,
    changes.ended_by,
    changes.score,
    changes.changed_on as transitioned_on,
    times.qualified_at
from {{ ref('int_new_status_changes') }} as changes
left join {{ ref('int_qualified_times') }} as times
    on
        changes.entity_key = times.entity_key
        and changes.definition_key = times.definition_key
        and changes.changed_on = times.entered_on
        and changes.is_qualified
