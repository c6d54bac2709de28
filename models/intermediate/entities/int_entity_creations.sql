-- From which day on each entity is known to exist, and since when. An entity of the raw tables has one
-- row for all time. One that is missing there exists from its first event as known on each day: an
-- older event that becomes known later moves the creation back from that day on, not before.
with listed as (

    select
        keys.entity_key,
        keys.entity_type,
        accounts.created_on
    from {{ ref('int_accounts') }} as accounts
    inner join {{ ref('int_entity_keys') }} as keys
        on
            accounts.account_id = keys.entity_id
            and keys.entity_type = 'account'

    union all

    select
        keys.entity_key,
        keys.entity_type,
        users.created_on
    from {{ ref('int_users') }} as users
    inner join {{ ref('int_entity_keys') }} as keys
        on
            users.user_id = keys.entity_id
            and keys.entity_type = 'user'

),

unlisted as (

    select
        touched.entity_key,
        touched.entity_type
    from {{ ref('int_touched_entities') }} as touched
    left join listed
        on touched.entity_key = listed.entity_key
    where listed.entity_key is null

),

first_events as (

    select
        activities.entity_key,
        activities.entity_type,
        activities.known_on,
        min(activities.occurred_on) as occurred_on
    from {{ ref('int_touched_activities') }} as activities
    inner join unlisted
        on activities.entity_key = unlisted.entity_key
    group by activities.entity_key, activities.entity_type, activities.known_on

),

compared as (

    select
        entity_key,
        entity_type,
        known_on,
        occurred_on,
        min(occurred_on) over (
            partition by entity_key
            order by known_on
            rows between unbounded preceding and 1 preceding
        ) as created_before
    from first_events

),

unlisted_steps as (

    select
        entity_key,
        entity_type,
        occurred_on as created_on,
        known_on as valid_from,
        lead(known_on) over (partition by entity_key order by known_on) as valid_to
    from compared
    where created_before is null or occurred_on < created_before

)

select
    listed.entity_key,
    listed.entity_type,
    true as is_listed,
    listed.created_on,
    date '0001-01-01' as valid_from,
    date '9999-12-31' as valid_to
from listed
inner join {{ ref('int_touched_entities') }} as touched
    on listed.entity_key = touched.entity_key

union all

select
    entity_key,
    entity_type,
    false as is_listed,
    created_on,
    valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to
from unlisted_steps
