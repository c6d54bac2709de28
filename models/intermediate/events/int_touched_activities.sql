-- The known daily activity of the touched entities: of accounts by the account id of the events, of accounts
-- by their users, and of users. That of internal users is left out.
{% set known = "true" if var('pql_as_of') is none
    else "activities.known_on <= cast(" ~ string_literal(var('pql_as_of')) ~ " as date)" %}
{% set columns %}
    touched.entity_key,
    touched.entity_type,
    touched.final_on,
    touched.active_from,
    activities.user_key,
    activities.activity_key,
    activities.object_value,
    activities.counts_event,
    activities.event_count,
    activities.value_count,
    activities.value_sum,
    activities.occurred_on,
    activities.known_on
{% endset %}
select {{ columns }}
from {{ ref('int_events_daily') }} as activities
inner join {{ ref('int_touched_entities') }} as touched
    on activities.account_key = touched.entity_key
left join {{ ref('int_user_accounts') }} as users
    on
        activities.user_key = users.user_key
        and users.is_internal
where users.user_key is null and {{ known }}

union all

select {{ columns }}
from {{ ref('int_events_daily') }} as activities
inner join {{ ref('int_user_accounts') }} as users
    on activities.user_key = users.user_key
inner join {{ ref('int_touched_entities') }} as touched
    on users.account_key = touched.entity_key
where activities.account_key is null and not users.is_internal and {{ known }}

union all

select {{ columns }}
from {{ ref('int_events_daily') }} as activities
inner join {{ ref('int_touched_entities') }} as touched
    on activities.user_key = touched.entity_key
left join {{ ref('int_user_accounts') }} as users
    on
        activities.user_key = users.user_key
        and users.is_internal
where users.user_key is null and {{ known }}
