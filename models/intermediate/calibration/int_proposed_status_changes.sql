-- Every change of status up to the as-of day, had the recommended thresholds been in force all along: what
-- the history will say once they are approved. The same hysteresis as int_status_history: where everything
-- that keeps a status holds, the entity is qualified when it reached the enter threshold more recently than
-- the status was last lost.
{% set by_day = 'partition by entity_key, definition_key order by valid_from' %}
with conditions as (

    select
        eligibility.entity_key,
        eligibility.entity_type,
        eligibility.definition_key,
        eligibility.valid_from,
        eligibility.is_in_audience
        and eligibility.is_required_met
        and eligibility.score >= proposed.enter_threshold as enters,
        eligibility.is_in_audience
        and eligibility.is_required_met
        and eligibility.score >= proposed.exit_threshold as stays
    from {{ ref('int_score_eligibility') }} as eligibility
    inner join {{ ref('int_proposed_thresholds') }} as proposed
        on eligibility.definition_key = proposed.definition_key
    inner join {{ ref('int_as_of') }} as as_of
        on eligibility.valid_from <= as_of.as_of_on

),

recent as (

    select
        *,
        max(case when enters then valid_from end)
            over ({{ by_day }} rows between unbounded preceding and current row) as entered_on,
        max(case when not stays then valid_from end)
            over ({{ by_day }} rows between unbounded preceding and current row) as lost_on
    from conditions

),

statuses as (

    select
        *,
        entered_on is not null and (lost_on is null or entered_on > lost_on) as is_qualified
    from recent

),

with_status_before as (

    select
        *,
        coalesce(
            lag(is_qualified) over (partition by entity_key, definition_key order by valid_from), false
        ) as was_qualified
    from statuses

)

select
    entity_key,
    entity_type,
    definition_key,
    valid_from as changed_on,
    is_qualified
from with_status_before
where is_qualified <> was_qualified
