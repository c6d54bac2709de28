-- Each new record of an entity's score while it could qualify: it first reached a threshold on the
-- first row whose record is at least the threshold.
with records as (

    select
        eligibility.definition_key,
        eligibility.entity_key,
        eligibility.entity_type,
        eligibility.valid_from as reached_on,
        eligibility.score as score_reached,
        max(eligibility.score) over (
            partition by eligibility.entity_key, eligibility.definition_key
            order by eligibility.valid_from
            rows between unbounded preceding and 1 preceding
        ) as record_before
    from {{ ref('int_score_eligibility') }} as eligibility
    inner join {{ ref('int_as_of') }} as as_of
        on eligibility.valid_from <= as_of.as_of_on
    where eligibility.is_in_audience and eligibility.is_required_met

)

select
    records.definition_key,
    records.entity_type,
    keys.entity_id,
    records.reached_on,
    records.score_reached
from records
inner join {{ ref('int_entity_keys') }} as keys
    on records.entity_key = keys.entity_key
where records.record_before is null or records.score_reached > records.record_before
