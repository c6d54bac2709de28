-- From which day on each entity is known to exist, and since when. An entity of the raw tables has one
-- row for all time. One that is missing there exists from its first event as known on each day: an
-- older event that becomes known later moves the creation back from that day on, not before.
with listed as (

    select
        'account' as entity_type,
        account_id as entity_id,
        created_on
    from {{ ref('int_accounts') }}

    union all

    select
        'user' as entity_type,
        user_id as entity_id,
        created_on
    from {{ ref('int_users') }}

),

first_events as (

    select
        'account' as entity_type,
        account_id as entity_id,
        known_on,
        min(occurred_on) as occurred_on
    from {{ ref('int_user_event_daily') }}
    where account_id is not null and not is_internal
    group by account_id, known_on

    union all

    select
        'user' as entity_type,
        user_id as entity_id,
        known_on,
        min(occurred_on) as occurred_on
    from {{ ref('int_user_event_daily') }}
    where user_id is not null and not is_internal
    group by user_id, known_on

),

unlisted as (

    select
        first_events.entity_type,
        first_events.entity_id,
        first_events.known_on,
        first_events.occurred_on,
        min(first_events.occurred_on) over (
            partition by first_events.entity_type, first_events.entity_id
            order by first_events.known_on
            rows between unbounded preceding and 1 preceding
        ) as created_before
    from first_events
    left join listed
        on
            first_events.entity_type = listed.entity_type
            and first_events.entity_id = listed.entity_id
    where listed.entity_id is null

),

unlisted_steps as (

    select
        entity_type,
        entity_id,
        occurred_on as created_on,
        known_on as valid_from,
        lead(known_on) over (partition by entity_type, entity_id order by known_on) as valid_to
    from unlisted
    where created_before is null or occurred_on < created_before

)

select
    entity_type,
    entity_id,
    true as is_listed,
    created_on,
    date '0001-01-01' as valid_from,
    date '9999-12-31' as valid_to
from listed

union all

select
    entity_type,
    entity_id,
    false as is_listed,
    created_on,
    valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to
from unlisted_steps
