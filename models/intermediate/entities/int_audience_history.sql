-- Whether an entity belongs to an audience, on every day: it exists, is not internal, and its account is
-- a prospect (no paid subscription known yet) or a customer (one known and active). Users follow their
-- account. Gap-free per entity and audience.
with audiences as (

    select
        entity_type,
        audience
    from {{ ref('def_definitions') }}
    where is_active

    union distinct

    -- The propensity of accounts is looked at whatever the definitions are about.
    select
        'account' as entity_type,
        'prospect' as audience

    union distinct

    select
        'account' as entity_type,
        'customer' as audience

),

members as (

    select
        entities.entity_key,
        entities.account_key,
        entities.is_internal,
        audiences.audience,
        -- An entity known only through events is known to exist once the first became known.
        min(greatest(creations.created_on, creations.valid_from)) as exists_from
    from {{ ref('int_entities') }} as entities
    inner join {{ ref('int_touched_entities') }} as touched
        on entities.entity_key = touched.entity_key
    inner join {{ ref('int_entity_creations') }} as creations
        on entities.entity_key = creations.entity_key
    inner join audiences
        on entities.entity_type = audiences.entity_type
    group by
        entities.entity_key, entities.account_key, entities.is_internal, audiences.audience

),

first_paid as (

    select
        account_keys.entity_key as account_key,
        min(subscriptions.known_on) as known_on
    from {{ ref('int_paid_subscriptions') }} as subscriptions
    inner join {{ ref('int_entity_keys') }} as account_keys
        on
            subscriptions.account_id = account_keys.entity_id
            and account_keys.entity_type = 'account'
    group by account_keys.entity_key

),

customers as (

    select
        account_keys.entity_key as account_key,
        periods.valid_from,
        periods.valid_to
    from {{ ref('int_customer_periods') }} as periods
    inner join {{ ref('int_entity_keys') }} as account_keys
        on
            periods.account_id = account_keys.entity_id
            and account_keys.entity_type = 'account'

),

periods as (

    select
        members.entity_key,
        members.audience,
        members.exists_from as valid_from,
        case
            when members.audience = 'prospect' then coalesce(first_paid.known_on, date '9999-12-31')
            else date '9999-12-31'
        end as valid_to
    from members
    left join first_paid
        on members.account_key = first_paid.account_key
    where members.audience in ('all', 'prospect') and not members.is_internal

    union all

    select
        members.entity_key,
        members.audience,
        greatest(customers.valid_from, members.exists_from) as valid_from,
        customers.valid_to
    from members
    inner join customers
        on members.account_key = customers.account_key
    where members.audience = 'customer' and not members.is_internal

),

inside as (

    select
        entity_key,
        audience,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by entity_key, audience order by valid_from) as next_from
    from periods
    where valid_from < valid_to

),

before as (

    select
        members.entity_key,
        members.audience,
        coalesce(min(inside.valid_from), date '9999-12-31') as valid_to
    from members
    left join inside
        on
            members.entity_key = inside.entity_key
            and members.audience = inside.audience
    group by members.entity_key, members.audience

)

select
    entity_key,
    audience,
    false as is_in_audience,
    date '0001-01-01' as valid_from,
    valid_to
from before

union all

select
    entity_key,
    audience,
    true as is_in_audience,
    valid_from,
    valid_to
from inside

union all

select
    entity_key,
    audience,
    false as is_in_audience,
    valid_to as valid_from,
    coalesce(next_from, date '9999-12-31') as valid_to
from inside
where valid_to < coalesce(next_from, date '9999-12-31')
