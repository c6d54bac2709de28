-- Whether an entity belongs to an audience, on every day: it exists, is not internal, and its account is
-- a prospect (no paid subscription known yet) or a customer (one known and active). Users follow their
-- account. Gap-free per entity and audience.
with audiences as (

    select distinct
        entity_type,
        audience
    from {{ ref('def_definitions') }}
    where is_active

),

members as (

    select
        entities.entity_type,
        entities.entity_id,
        entities.account_id,
        entities.is_internal,
        audiences.audience,
        -- An entity known only through events is known to exist once the first became known.
        min(greatest(creations.created_on, creations.valid_from)) as exists_from
    from {{ ref('int_entities') }} as entities
    inner join {{ ref('int_entity_creations') }} as creations
        on
            entities.entity_type = creations.entity_type
            and entities.entity_id = creations.entity_id
    inner join audiences
        on entities.entity_type = audiences.entity_type
    group by
        entities.entity_type, entities.entity_id, entities.account_id, entities.is_internal, audiences.audience

),

first_paid as (

    select
        account_id,
        min(known_on) as known_on
    from {{ ref('int_paid_subscriptions') }}
    group by account_id

),

periods as (

    select
        members.entity_type,
        members.entity_id,
        members.audience,
        members.exists_from as valid_from,
        case
            when members.audience = 'prospect' then coalesce(first_paid.known_on, date '9999-12-31')
            else date '9999-12-31'
        end as valid_to
    from members
    left join first_paid
        on members.account_id = first_paid.account_id
    where members.audience in ('all', 'prospect') and not members.is_internal

    union all

    select
        members.entity_type,
        members.entity_id,
        members.audience,
        greatest(customers.valid_from, members.exists_from) as valid_from,
        customers.valid_to
    from members
    inner join {{ ref('int_customer_periods') }} as customers
        on members.account_id = customers.account_id
    where members.audience = 'customer' and not members.is_internal

),

inside as (

    select
        entity_type,
        entity_id,
        audience,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by entity_type, entity_id, audience order by valid_from) as next_from
    from periods
    where valid_from < valid_to

),

before as (

    select
        members.entity_type,
        members.entity_id,
        members.audience,
        coalesce(min(inside.valid_from), date '9999-12-31') as valid_to
    from members
    left join inside
        on
            members.entity_type = inside.entity_type
            and members.entity_id = inside.entity_id
            and members.audience = inside.audience
    group by members.entity_type, members.entity_id, members.audience

)

select
    entity_type,
    entity_id,
    audience,
    false as is_in_audience,
    date '0001-01-01' as valid_from,
    valid_to
from before

union all

select
    entity_type,
    entity_id,
    audience,
    true as is_in_audience,
    valid_from,
    valid_to
from inside

union all

select
    entity_type,
    entity_id,
    audience,
    false as is_in_audience,
    valid_to as valid_from,
    coalesce(next_from, date '9999-12-31') as valid_to
from inside
where valid_to < coalesce(next_from, date '9999-12-31')
