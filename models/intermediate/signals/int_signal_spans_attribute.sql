-- Account attributes as signals. The raw contract holds no history of them, so the current value
-- counts from the creation of the entity on. Users have the attributes of their account.
with attributes as (

    select
        entities.entity_key,
        entities.entity_type,
        signals.signal_key,
        signals.operator,
        signals.threshold,
        signals.threshold_text,
        entities.created_on as valid_from,
        case signals.attribute
            when 'plan' then accounts.plan
            when 'acquisition_channel' then accounts.acquisition_channel
            when 'country' then accounts.country
            when 'employee_count' then cast(accounts.employee_count as varchar)
            when 'account_name' then accounts.account_name
            when 'domain' then accounts.domain
            when 'parent_account_id' then accounts.parent_account_id
        end as attribute_value
    from {{ ref('int_entities') }} as entities
    inner join {{ ref('int_touched_entities') }} as touched
        on entities.entity_key = touched.entity_key
    inner join {{ ref('int_entity_keys') }} as account_keys
        on entities.account_key = account_keys.entity_key
    inner join {{ ref('int_accounts') }} as accounts
        on account_keys.entity_id = accounts.account_id
    inner join {{ ref('def_scored_signals') }} as signals
        on
            entities.entity_type = signals.entity_type
            and signals.measure = 'attribute'

),

numbered as (

    select
        *,
        {{ safe_cast_to('attribute_value', 'decimal(38, 9)') }} as attribute_number,
        '|' || replace(replace(threshold_text, ' |', '|'), '| ', '|') || '|' as listed_values
    from attributes
    where attribute_value is not null

)

select
    entity_key,
    entity_type,
    signal_key,
    valid_from,
    date '9999-12-31' as valid_to,
    attribute_number as signal_value,
    cast(null as decimal(38, 9)) as previous_value,
    attribute_value,
    true as is_measured,
    case
        when operator = 'in'
            then replace(listed_values, '|' || attribute_value || '|', '') <> listed_values
        else
            {{ condition_holds(
                'attribute_value', 'attribute_number', 'operator', 'threshold_text', 'threshold'
            ) }}
    end as is_met,
    false as was_met
from numbered
