-- Whether an entity belongs to an audience, on every day: it exists, is not internal, and its account is
-- a prospect (no paid subscription known yet) or a customer (one known and active). Users follow their
-- account, that of each day. What was merged into another is in no audience any more. Gap-free per entity
-- and audience.
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
    group by entities.entity_key, entities.is_internal, audiences.audience

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

merged as (

    select
        merged_key as entity_key,
        min(known_on) as merged_on
    from {{ ref('int_merges') }}
    group by merged_key

),

eligible as (

    select
        members.entity_key,
        members.audience,
        members.exists_from as valid_from,
        date '9999-12-31' as valid_to
    from members
    where members.audience = 'all' and not members.is_internal

    union all

    select
        members.entity_key,
        members.audience,
        greatest(accounts.valid_from, members.exists_from) as valid_from,
        least(accounts.valid_to, coalesce(first_paid.known_on, date '9999-12-31')) as valid_to
    from members
    inner join {{ ref('int_entity_account_history') }} as accounts
        on members.entity_key = accounts.entity_key
    left join first_paid
        on accounts.account_key = first_paid.account_key
    where members.audience = 'prospect' and not members.is_internal

    union all

    select
        members.entity_key,
        members.audience,
        greatest(customers.valid_from, accounts.valid_from, members.exists_from) as valid_from,
        least(customers.valid_to, accounts.valid_to) as valid_to
    from members
    inner join {{ ref('int_entity_account_history') }} as accounts
        on members.entity_key = accounts.entity_key
    inner join customers
        on accounts.account_key = customers.account_key
    where members.audience = 'customer' and not members.is_internal

),

until_merged as (

    select
        eligible.entity_key,
        eligible.audience,
        eligible.valid_from,
        least(eligible.valid_to, coalesce(merged.merged_on, date '9999-12-31')) as valid_to
    from eligible
    left join merged
        on eligible.entity_key = merged.entity_key

),

-- Spans that follow each other, of one account and the next, are one.
begun as (

    select
        *,
        case
            when lag(valid_to) over (partition by entity_key, audience order by valid_from) = valid_from then 0
            else 1
        end as is_start
    from until_merged
    where valid_from < valid_to

),

numbered as (

    select
        *,
        sum(is_start) over (
            partition by entity_key, audience
            order by valid_from
            rows between unbounded preceding and current row
        ) as period_number
    from begun

),

periods as (

    select
        entity_key,
        audience,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to
    from numbered
    group by entity_key, audience, period_number

),

inside as (

    select
        entity_key,
        audience,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by entity_key, audience order by valid_from) as next_from
    from periods

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
    false as is_merged,
    date '0001-01-01' as valid_from,
    valid_to
from before

union all

select
    entity_key,
    audience,
    true as is_in_audience,
    false as is_merged,
    valid_from,
    valid_to
from inside

union all

select
    inside.entity_key,
    inside.audience,
    false as is_in_audience,
    coalesce(merged.merged_on <= inside.valid_to, false) as is_merged,
    inside.valid_to as valid_from,
    coalesce(inside.next_from, date '9999-12-31') as valid_to
from inside
left join merged
    on inside.entity_key = merged.entity_key
where inside.valid_to < coalesce(inside.next_from, date '9999-12-31')
