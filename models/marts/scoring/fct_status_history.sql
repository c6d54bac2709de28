-- Hysteresis without a recursion: on a day where everything that keeps a status holds, the entity is
-- qualified when it reached the enter threshold more recently than the status was last lost.
with conditions as (

    select
        *,
        is_in_audience and is_required_met and score >= enter_threshold as enters,
        is_in_audience and is_required_met and score >= exit_threshold as stays
    from {{ ref('int_score_eligibility') }}

),

recent as (

    select
        *,
        max(case when enters then valid_from end)
            over (by_day rows between unbounded preceding and current row) as last_entered_on,
        max(case when not stays then valid_from end)
            over (by_day rows between unbounded preceding and current row) as last_lost_on,
        lead(stays) over (by_day) as stays_next,
        lead(is_in_audience) over (by_day) as is_in_audience_next,
        lead(is_required_met) over (by_day) as is_required_met_next
    from conditions
    window by_day as (partition by entity_type, entity_id, definition_key order by valid_from)

),

qualified as (

    select
        *,
        last_entered_on is not null
        and (last_lost_on is null or last_entered_on > last_lost_on) as is_qualified
    from recent

)

select
    entity_type,
    entity_id,
    definition_key,
    definition_version,
    valid_from,
    valid_to,
    score,
    is_qualified,
    case
        when not is_qualified or coalesce(stays_next, true) then null
        when not is_in_audience_next and audience = 'prospect' then 'converted'
        when not is_in_audience_next then 'churned'
        when not is_required_met_next then 'required'
        else 'score'
    end as ended_by
from qualified
