-- Each new record of an entity's score while it could qualify and its account could still convert: it first
-- reached a threshold on the first row whose record is at least the threshold.
with scores as (

    select
        eligibility.definition_key,
        eligibility.entity_key,
        eligibility.entity_type,
        eligibility.score,
        greatest(eligibility.valid_from, spans.valid_from) as valid_from
    from {{ ref('int_score_eligibility') }} as eligibility
    inner join {{ ref('int_eligible_spans') }} as spans
        on
            eligibility.entity_key = spans.entity_key
            and eligibility.audience = spans.audience
            and eligibility.valid_from < spans.valid_to
            and spans.valid_from < eligibility.valid_to
    where eligibility.is_required_met

),

records as (

    select
        scores.definition_key,
        scores.entity_key,
        scores.entity_type,
        scores.valid_from as reached_on,
        scores.score as score_reached,
        max(scores.score) over (
            partition by scores.entity_key, scores.definition_key
            order by scores.valid_from
            rows between unbounded preceding and 1 preceding
        ) as record_before
    from scores
    inner join {{ ref('int_as_of') }} as as_of
        on scores.valid_from <= as_of.as_of_on

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
