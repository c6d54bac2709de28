select
    explanations.entity_type,
    keys.entity_id,
    explanations.definition_key,
    versions.definition_version,
    explanations.signal_key,
    explanations.kind,
    explanations.reason,
    explanations.attribute_value,
    explanations.signal_value,
    explanations.points,
    explanations.points_missing,
    explanations.is_measured,
    explanations.is_met,
    explanations.is_required,
    explanations.is_next_step
from {{ ref('int_score_explanations') }} as explanations
inner join {{ ref('int_entity_keys') }} as keys
    on explanations.entity_key = keys.entity_key
inner join {{ ref('definition_versions') }} as versions
    on explanations.definition_key = versions.definition_key
