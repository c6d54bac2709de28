-- Every entity of the type of an active definition: since when it was in the audience (null: never, it had
-- converted before it could be), since when anything of it could be scored, and its conversion.
with eligible as (

    select
        history.entity_key,
        history.audience,
        min(history.valid_from) as eligible_from
    from {{ ref('int_audience_history') }} as history
    inner join {{ ref('int_as_of') }} as as_of
        on history.valid_from <= as_of.as_of_on
    where history.is_in_audience
    group by history.entity_key, history.audience

),

first_events as (

    select
        entity_key,
        min(valid_from) as first_scored_on
    from {{ ref('int_entity_active_spans') }}
    group by entity_key

),

-- That of the account of the day, as in the panel: whoever joins an account later did not convert with it.
converted as (

    select
        accounts.entity_key,
        min(conversions.converted_on) as converted_on
    from {{ ref('int_entity_account_history') }} as accounts
    inner join {{ ref('int_account_conversions') }} as conversions
        on
            accounts.account_key = conversions.account_key
            and accounts.valid_from <= conversions.converted_on
            and conversions.converted_on < accounts.valid_to
    group by accounts.entity_key

)

select
    definitions.definition_key,
    entities.entity_type,
    keys.entity_id,
    accounts.account_id,
    eligible.eligible_from,
    converted.converted_on,
    first_events.first_scored_on
from {{ ref('int_entities') }} as entities
inner join {{ ref('int_entity_keys') }} as keys
    on entities.entity_key = keys.entity_key
inner join {{ ref('def_definitions') }} as definitions
    on
        entities.entity_type = definitions.entity_type
        and definitions.is_active
inner join {{ ref('int_as_of') }} as as_of
    on entities.created_on <= as_of.as_of_on
left join eligible
    on
        entities.entity_key = eligible.entity_key
        and definitions.audience = eligible.audience
left join {{ ref('int_account_conversions') }} as accounts
    on entities.account_key = accounts.account_key
left join converted
    on entities.entity_key = converted.entity_key
left join first_events
    on
        entities.entity_key = first_events.entity_key
where not entities.is_internal
