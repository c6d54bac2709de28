-- Changes of status up to the as-of day; what lies after it is a projection and no transition yet.
with flips as (

    select
        history.entity_type,
        history.entity_id,
        history.definition_key,
        history.definition_version,
        history.valid_from as transitioned_on,
        history.score,
        history.is_qualified,
        coalesce(lag(history.is_qualified) over (by_day), false) as was_qualified,
        lag(history.ended_by) over (by_day) as ended_by
    from {{ ref('fct_status_history') }} as history
    cross join {{ ref('int_as_of') }} as as_of
    where history.valid_from <= as_of.as_of_on
    window by_day as (
        partition by history.entity_type, history.entity_id, history.definition_key
        order by history.valid_from
    )

),

numbered as (

    select
        *,
        row_number() over (
            partition by entity_type, entity_id, definition_key, is_qualified
            order by transitioned_on
        ) as occurrence
    from flips
    where is_qualified <> was_qualified

)

select
    entity_type,
    entity_id,
    definition_key,
    definition_version,
    transitioned_on,
    case
        when is_qualified and occurrence = 1 then 'qualified'
        when is_qualified then 'requalified'
        when ended_by = 'converted' then 'converted'
        else 'lapsed'
    end as transition,
    case when not is_qualified then ended_by end as ended_by,
    score
from numbered
