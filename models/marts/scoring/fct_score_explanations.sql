select
    entity_type,
    entity_id,
    definition_key,
    signal_key,
    kind,
    reason,
    attribute_value,
    signal_value,
    points,
    points_missing,
    is_measured,
    is_met,
    is_required
from {{ ref('int_current_explanations') }}
