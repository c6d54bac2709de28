-- The daily activity with who did it: that of an anonymous id is its user's, from the day on which that was
-- known as well. Activity of nobody that is known is left out.
select
    source_name,
    account_key,
    user_key,
    activity_key,
    object_value,
    counts_event,
    event_count,
    value_count,
    value_sum,
    occurred_on,
    received_on,
    known_on,
    first_occurred_at,
    last_occurred_at,
    false as is_stitched
from {{ ref('int_events_daily') }}
where anonymous_key is null

union all

select
    activities.source_name,
    activities.account_key,
    users.user_key,
    activities.activity_key,
    activities.object_value,
    activities.counts_event,
    activities.event_count,
    activities.value_count,
    activities.value_sum,
    activities.occurred_on,
    activities.received_on,
    greatest(activities.known_on, users.known_from) as known_on,
    activities.first_occurred_at,
    activities.last_occurred_at,
    users.known_from > activities.known_on as is_stitched
from {{ ref('int_events_daily') }} as activities
inner join {{ ref('int_anonymous_users') }} as users
    on
        activities.anonymous_key = users.anonymous_key
        and activities.known_on < users.known_to
