-- Every conversion of an entity that was in the population of the panel on the day before: drift looks at
-- the signals of that very day, which the weekly panel sees only for those who wait until the next Monday.
-- Of users the account of the day has to be the one that converted, as in the panel: whoever joins it later
-- was still a prospect of another account on that day, and may stand in the panel on it.
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
inner join {{ ref('int_entity_active_spans') }} as active
    on
        keys.entity_key = active.entity_key
        and active.valid_from <= {{ add_days('entities.converted_on', -1) }}
        and {{ add_days('entities.converted_on', -1) }} < active.valid_to
inner join {{ ref('int_entity_account_history') }} as accounts
    on
        keys.entity_key = accounts.entity_key
        and accounts.valid_from <= entities.converted_on
        and entities.converted_on < accounts.valid_to
inner join {{ ref('int_entity_keys') }} as account_keys
    on
        accounts.account_key = account_keys.entity_key
        and entities.account_id = account_keys.entity_id
where
    definitions.audience <> 'customer'
    and entities.eligible_from < entities.converted_on
