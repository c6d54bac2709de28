-- Account attributes as signals. The raw contract holds no history of them, so the current value
-- counts from the creation of the entity on. Users have the attributes of their account of the day.
{% set by_day = 'partition by entity_key, signal_key order by valid_from' %}
with existing as (

    -- An entity known only through events is known to exist once the first became known.
    select
        entity_key,
        entity_type,
        min(greatest(created_on, valid_from)) as exists_from
    from {{ ref('int_entity_creations') }}
    group by entity_key, entity_type

),

accounts as (

    select
        existing.entity_key,
        existing.entity_type,
        history.account_key,
        greatest(history.valid_from, existing.exists_from) as valid_from,
        history.valid_to
    from existing
    inner join {{ ref('int_touched_entities') }} as touched
        on existing.entity_key = touched.entity_key
    inner join {{ ref('int_entity_account_history') }} as history
        on
            existing.entity_key = history.entity_key
            and existing.exists_from < history.valid_to

),

attributes as (

    select
        accounts.entity_key,
        accounts.entity_type,
        signals.signal_key,
        signals.operator,
        signals.threshold,
        signals.threshold_text,
        accounts.valid_from,
        accounts.valid_to,
        case signals.attribute
            when 'plan' then listed.plan
            when 'acquisition_channel' then listed.acquisition_channel
            when 'country' then listed.country
            when 'employee_count' then cast(listed.employee_count as {{ dbt.type_string() }})
            when 'account_name' then listed.account_name
            when 'domain' then listed.domain
            when 'parent_account_id' then listed.parent_account_id
        end as attribute_value
    from accounts
    inner join {{ ref('def_scored_signals') }} as signals
        on
            accounts.entity_type = signals.entity_type
            and signals.measure = 'attribute'
    left join {{ ref('int_entity_keys') }} as account_keys
        on accounts.account_key = account_keys.entity_key
    left join {{ ref('int_accounts') }} as listed
        on account_keys.entity_id = listed.account_id

),

numbered as (

    select
        *,
        {{ safe_cast_to('attribute_value', 'decimal(38, 9)') }} as attribute_number,
        '|' || replace(replace(threshold_text, ' |', '|'), '| ', '|') || '|' as listed_values
    from attributes

),

judged as (

    select
        *,
        case
            when attribute_value is null then false
            when operator = 'in'
                then replace(listed_values, '|' || attribute_value || '|', '') <> listed_values
            else
                {{ condition_holds(
                    'attribute_value', 'attribute_number', 'operator', 'threshold_text', 'threshold'
                ) }}
        end as is_met,
        case
            when lag(valid_to) over ({{ by_day }}) = valid_from then lag(attribute_value) over ({{ by_day }})
        end as previous_attribute_value
    from numbered

),

-- A history begins with the first value, and has a new row only where the value is another one.
changes as (

    select *
    from judged
    where coalesce('=' || attribute_value, '-') <> coalesce('=' || previous_attribute_value, '-')

)

select
    entity_key,
    entity_type,
    signal_key,
    valid_from,
    coalesce(
        lead(valid_from) over (partition by entity_key, signal_key order by valid_from), date '9999-12-31'
    ) as valid_to,
    attribute_number as signal_value,
    cast(null as decimal(38, 9)) as previous_value,
    attribute_value,
    attribute_value is not null as is_measured,
    is_met,
    coalesce(lag(is_met) over (partition by entity_key, signal_key order by valid_from), false) as was_met
from changes
