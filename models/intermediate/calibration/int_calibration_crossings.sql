-- Each new record of an entity's score while it could qualify: it first reached a threshold on the
-- first row whose record is at least the threshold.
with records as (

    select
        eligibility.definition_key,
        eligibility.entity_type,
        eligibility.entity_id,
        eligibility.valid_from as reached_on,
        eligibility.score as score_reached,
        max(eligibility.score) over (
            partition by eligibility.entity_type, eligibility.entity_id, eligibility.definition_key
            order by eligibility.valid_from
            rows between unbounded preceding and 1 preceding
        ) as record_before
    from {{ ref('int_score_eligibility') }} as eligibility
    inner join {{ ref('int_as_of') }} as as_of
        on eligibility.valid_from <= as_of.as_of_on
    where eligibility.is_in_audience and eligibility.is_required_met

)

select
    definition_key,
    entity_type,
    entity_id,
    reached_on,
    score_reached
from records
where record_before is null or score_reached > record_before
