-- Activity of the touched accounts from the first day on which something of theirs changed.
with activities as (

    select
        entity_key,
        occurred_on as activity_date,
        user_key,
        activity_key,
        sum(case when counts_event then event_count else 0 end) as event_count
    from {{ ref('int_touched_activities') }}
    where entity_type = 'account' and occurred_on >= active_from
    group by entity_key, occurred_on, user_key, activity_key

),

every_event as (

    select count(*) as activity_count
    from {{ ref('def_activities') }}
    where is_every_event

),

by_user as (

    select
        entity_key,
        activity_date,
        user_key,
        sum(event_count) as event_count
    from activities
    group by entity_key, activity_date, user_key

),

by_activity as (

    select distinct
        entity_key,
        activity_date,
        activity_key
    from activities

),

users as (

    select
        entity_key,
        activity_date,
        count(user_key) as active_users,
        cast(sum(event_count) as bigint) as event_count
    from by_user
    group by entity_key, activity_date

),

kinds as (

    select
        entity_key,
        activity_date,
        count(activity_key) as activities
    from by_activity
    group by entity_key, activity_date

)

select
    users.entity_key,
    users.activity_date,
    users.active_users,
    users.event_count,
    kinds.activities + every_event.activity_count as activities
from users
inner join kinds
    on
        users.entity_key = kinds.entity_key
        and users.activity_date = kinds.activity_date
cross join every_event
