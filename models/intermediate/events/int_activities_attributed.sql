-- The daily activity that is known, with the account that it counts for: that of the events, else that of
-- their user. Activity of internal users is marked; it contributes to nothing.
select
    coalesce(activities.account_key, users.account_key) as account_key,
    activities.user_key,
    activities.activity_key,
    activities.object_value,
    activities.event_count,
    activities.counts_event,
    activities.value_count,
    activities.value_sum,
    coalesce(users.is_internal, false) as is_internal,
    activities.occurred_on,
    activities.received_on,
    activities.known_on,
    activities.first_occurred_at,
    activities.last_occurred_at
from {{ ref('int_events_daily') }} as activities
left join {{ ref('int_user_accounts') }} as users
    on activities.user_key = users.user_key
{% if var('pql_as_of') is not none %}
where activities.known_on <= cast({{ string_literal(var('pql_as_of')) }} as date)
{% endif %}
