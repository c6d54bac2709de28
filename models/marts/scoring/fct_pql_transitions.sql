select
    transitions.entity_type,
    keys.entity_id,
    transitions.definition_key,
    transitions.definition_version,
    transitions.transition,
    transitions.ended_by,
    transitions.score,
    transitions.transitioned_on,
    transitions.qualified_at
from {{ ref('int_pql_transitions') }} as transitions
inner join {{ ref('int_entity_keys') }} as keys
    on transitions.entity_key = keys.entity_key
