-- Every conversion of an entity that was in the population of the panel on the day before: drift looks at
-- the signals of that very day, which the weekly panel sees only for those who wait until the next Monday.
select
    row_number() over (order by entities.definition_key, entities.entity_type, entities.entity_id) as case_number,
    entities.definition_key,
    keys.entity_key,
    entities.entity_id,
    entities.account_id,
    entities.eligible_from,
    entities.converted_on,
    {{ add_days('entities.converted_on', -1) }} as day_before
from {{ ref('int_calibration_entities') }} as entities
inner join {{ ref('int_calibration_definitions') }} as definitions
    on entities.definition_key = definitions.definition_key
inner join {{ ref('int_entity_keys') }} as keys
    on
        entities.entity_type = keys.entity_type
        and entities.entity_id = keys.entity_id
inner join {{ ref('int_eligible_spans') }} as eligible
    on
        keys.entity_key = eligible.entity_key
        and definitions.audience = eligible.audience
        and eligible.valid_from <= {{ add_days('entities.converted_on', -1) }}
        and {{ add_days('entities.converted_on', -1) }} < eligible.valid_to
inner join {{ ref('int_entity_active_spans') }} as active
    on
        keys.entity_key = active.entity_key
        and active.valid_from <= {{ add_days('entities.converted_on', -1) }}
        and {{ add_days('entities.converted_on', -1) }} < active.valid_to
where definitions.audience <> 'customer'
