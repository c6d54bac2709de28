with numbered as (

    select
        *,
        row_number() over (
            partition by entity_type, entity_id, definition_key, is_qualified
            order by changed_on
        ) as occurrence
    from {{ ref('int_status_changes') }}

)

select
    numbered.entity_type,
    numbered.entity_id,
    numbered.definition_key,
    numbered.definition_version,
    case
        when numbered.is_qualified and numbered.occurrence = 1 then 'qualified'
        when numbered.is_qualified then 'requalified'
        when numbered.ended_by = 'converted' then 'converted'
        else 'lapsed'
    end as transition,
    case when not numbered.is_qualified then numbered.ended_by end as ended_by,
    numbered.score,
    numbered.changed_on as transitioned_on,
    times.qualified_at
from numbered
left join {{ ref('int_qualified_times') }} as times
    on
        numbered.entity_type = times.entity_type
        and numbered.entity_id = times.entity_id
        and numbered.definition_key = times.definition_key
        and numbered.changed_on = times.entered_on
        and numbered.is_qualified
