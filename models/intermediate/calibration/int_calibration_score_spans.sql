-- The score history of each definition up to the as-of day, with whether the entity could qualify: what
-- status any pair of thresholds would have given follows from it.
select
    eligibility.definition_key,
    eligibility.entity_key,
    eligibility.valid_from,
    eligibility.score,
    eligibility.is_in_audience and eligibility.is_required_met as can_qualify
from {{ ref('int_score_eligibility') }} as eligibility
inner join {{ ref('int_as_of') }} as as_of
    on eligibility.valid_from <= as_of.as_of_on
