select
    history.entity_type,
    keys.entity_id,
    history.definition_key,
    history.definition_version,
    history.valid_from,
    history.valid_to,
    history.score,
    history.is_qualified,
    history.ended_by
from {{ ref('int_status_history') }} as history
inner join {{ ref('int_entity_keys') }} as keys
    on history.entity_key = keys.entity_key
