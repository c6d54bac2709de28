-- Every entity of the type of an active definition: from when to when it was in the audience and could still
-- convert (null: never, it had converted before it could be), since when anything of it could be scored, and
-- its conversion: that of the first account that converted while the entity belonged to it.
with membership as (

    select
        history.entity_key,
        history.valid_from,
        history.valid_to,
        conversions.account_id,
        conversions.converted_on
    from {{ ref('int_entity_account_history') }} as history
    inner join {{ ref('int_account_conversions') }} as conversions
        on history.account_key = conversions.account_key
    where conversions.converted_on is not null

),

eligible as (

    select
        spans.entity_key,
        spans.audience,
        min(spans.valid_from) as eligible_from,
        case when max(spans.valid_to) <= max(as_of.as_of_on) then max(spans.valid_to) end as eligible_to
    from {{ ref('int_eligible_spans') }} as spans
    cross join {{ ref('int_as_of') }} as as_of
    group by spans.entity_key, spans.audience

),

first_events as (

    select
        entity_key,
        min(valid_from) as first_scored_on
    from {{ ref('int_entity_active_spans') }}
    group by entity_key

),

-- Whoever joins an account later, or is created later, did not convert with it.
conversions as (

    select
        membership.entity_key,
        membership.account_id,
        membership.converted_on,
        row_number() over (
            partition by membership.entity_key
            order by membership.converted_on, membership.account_id
        ) as conversion_number
    from membership
    inner join {{ ref('int_entities') }} as entities
        on membership.entity_key = entities.entity_key
    where
        membership.valid_from <= membership.converted_on
        and membership.converted_on < membership.valid_to
        and (entities.entity_type = 'account' or entities.created_on <= membership.converted_on)

)

select
    definitions.definition_key,
    entities.entity_type,
    keys.entity_id,
    eligible.eligible_from,
    eligible.eligible_to,
    converted.converted_on,
    first_events.first_scored_on,
    -- Of a user that has changed its account since, the one that it converted with.
    coalesce(converted.account_id, accounts.account_id) as account_id
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
left join conversions as converted
    on
        entities.entity_key = converted.entity_key
        and converted.conversion_number = 1
left join first_events
    on entities.entity_key = first_events.entity_key
where not entities.is_internal
