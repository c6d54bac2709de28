-- Every change of status up to the as-of day, had the recommended thresholds been in force all along: what
-- the history will say once they are approved.
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

statuses as (

    select
        entity_key,
        entity_type,
        definition_key,
        valid_from,
        {{ hysteresis('current row') }} as is_qualified,
        {{ hysteresis('1 preceding') }} as was_qualified
    from conditions

)

select
    entity_key,
    entity_type,
    definition_key,
    valid_from as changed_on,
    is_qualified
from statuses
where is_qualified <> was_qualified
