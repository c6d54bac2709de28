-- Activity of the touched accounts from the first day on which something of theirs changed.
with every_event as (

    select count(*) as activity_count
    from {{ ref('def_activities') }}
    where is_every_event

),

daily as (

    select
        entity_key,
        occurred_on as activity_date,
        count(distinct user_key) as active_users,
        cast(sum(case when counts_event then event_count else 0 end) as bigint) as event_count,
        count(distinct activity_key) as activities
    from {{ ref('int_touched_activities') }}
    where entity_type = 'account' and occurred_on >= active_from
    group by entity_key, occurred_on

)

select
    daily.entity_key,
    daily.activity_date,
    daily.active_users,
    daily.event_count,
    daily.activities + every_event.activity_count as activities
from daily
cross join every_event
