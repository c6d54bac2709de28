select
    history.entity_type,
    keys.entity_id,
    history.signal_key,
    history.valid_from,
    history.valid_to,
    history.signal_value,
    history.attribute_value,
    history.is_measured,
    history.is_met
from {{ ref('int_signal_history') }} as history
inner join {{ ref('int_entity_keys') }} as keys
    on history.entity_key = keys.entity_key
