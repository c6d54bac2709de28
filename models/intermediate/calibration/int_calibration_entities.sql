-- Every entity that was ever in the audience of an active definition: since when, first score, conversion.
with eligible as (

    select
        definitions.definition_key,
        audiences.entity_type,
        audiences.entity_id,
        min(audiences.valid_from) as eligible_from
    from {{ ref('int_audience_history') }} as audiences
    inner join {{ ref('def_definitions') }} as definitions
        on
            audiences.entity_type = definitions.entity_type
            and audiences.audience = definitions.audience
            and definitions.is_active
    inner join {{ ref('int_as_of') }} as as_of
        on audiences.valid_from <= as_of.as_of_on
    where audiences.is_in_audience
    group by definitions.definition_key, audiences.entity_type, audiences.entity_id

),

first_scores as (

    select
        entity_type,
        entity_id,
        definition_key,
        min(valid_from) as first_scored_on
    from {{ ref('fct_score_history') }}
    group by entity_type, entity_id, definition_key

)

select
    eligible.definition_key,
    eligible.entity_type,
    eligible.entity_id,
    entities.account_id,
    eligible.eligible_from,
    conversions.converted_on,
    first_scores.first_scored_on
from eligible
inner join {{ ref('int_entities') }} as entities
    on
        eligible.entity_type = entities.entity_type
        and eligible.entity_id = entities.entity_id
left join {{ ref('fct_conversions') }} as conversions
    on entities.account_id = conversions.account_id
left join first_scores
    on
        eligible.entity_type = first_scores.entity_type
        and eligible.entity_id = first_scores.entity_id
        and eligible.definition_key = first_scores.definition_key
