with events as (

    select
        account_id,
        occurred_on as activity_date,
        count(distinct user_id) as active_users,
        cast(sum(event_count) as bigint) as event_count
    from {{ ref('int_user_event_daily') }}
    where account_id is not null and not is_internal
    group by account_id, occurred_on

),

activities as (

    select
        account_id,
        occurred_on as activity_date,
        count(distinct activity_key) as activities
    from {{ ref('fct_user_activity_daily') }}
    where account_id is not null
    group by account_id, occurred_on

)

select
    events.account_id,
    events.activity_date,
    events.active_users,
    events.event_count,
    coalesce(activities.activities, 0) as activities
from events
left join activities
    on
        events.account_id = activities.account_id
        and events.activity_date = activities.activity_date
