-- The events of nobody, as far as is known: no user is named by the anonymous id, or several are.
select
    events.source_name,
    events.event_id,
    events.raw_occurred_at
from {{ ref('int_anonymous_events') }} as events
left join {{ ref('int_anonymous_users') }} as users
    on
        events.anonymous_key = users.anonymous_key
        and events.known_on < users.known_to
where users.user_key is null and {{ is_known_by_as_of('events.known_on') }}
