-- An activity of an active definition that no event has ever been, though events have arrived: perhaps the name of its
-- event is misspelt, and its signals never hold. No error, because a new event may not have been sent yet.
{{ config(severity='warn') }}
{% set query %}
select distinct
    activities.activity_key,
    activities.event_name
from {{ ref('def_scored_signals') }} as signals
inner join {{ ref('def_activities') }} as activities
    on signals.activity_key = activities.activity_key
inner join (
    select max(occurred_on) as last_on
    from {{ ref('fct_user_activity_daily') }}
) as any_events
    on any_events.last_on is not null
left join (
    select distinct activity_key
    from {{ ref('fct_user_activity_daily') }}
) as happened
    on activities.activity_key = happened.activity_key
where happened.activity_key is null
{% endset %}

{% call(row) warn_of_each(query ~ " order by activity_key") %}
    {{ env_var('PQL_DEFINITIONS_PATH', 'seeds') ~ "/pql_activities.csv: no event has ever been the activity '"
    ~ row[0] ~ "' (event_name '" ~ row[1] ~ "'), so its signals do not count. Correct the name or the"
    ~ " condition, if such events are sent." }}
{% endcall %}

{{ query }}
