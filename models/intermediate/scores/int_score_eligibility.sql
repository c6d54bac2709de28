-- The score history cut where an entity enters or leaves the audience of the definition, with the two
-- conditions of a qualification beside the score: in the audience, and all required signals met.
select
    history.entity_key,
    history.entity_type,
    history.definition_key,
    history.definition_version,
    definitions.audience,
    history.score,
    definitions.enter_threshold,
    definitions.exit_threshold,
    audiences.is_in_audience,
    audiences.is_merged,
    history.required_met_count = definitions.required_signal_count as is_required_met,
    greatest(history.valid_from, audiences.valid_from) as valid_from,
    least(history.valid_to, audiences.valid_to) as valid_to
from {{ ref('int_score_history') }} as history
inner join {{ ref('def_definitions') }} as definitions
    on history.definition_key = definitions.definition_key
inner join {{ ref('int_audience_history') }} as audiences
    on
        history.entity_key = audiences.entity_key
        and definitions.audience = audiences.audience
        and history.valid_from < audiences.valid_to
        and audiences.valid_from < history.valid_to
