-- The event stream with the account of each event: its own, else that of its user.
-- Events of internal users are marked; they contribute to nothing.
select
    events.event_id,
    events.user_id,
    coalesce(events.account_id, users.account_id) as account_id,
    events.event_name,
    events.properties,
    coalesce(users.is_internal, false) as is_internal,
    events.occurred_on,
    events.received_on,
    events.known_on,
    events.occurred_at,
    events.received_at
from {{ ref('int_events_deduplicated') }} as events
left join {{ ref('int_users') }} as users
    on events.user_id = users.user_id
{% if var('pql_as_of') is not none %}
where events.known_on <= cast('{{ var("pql_as_of") }}' as date)
{% endif %}
