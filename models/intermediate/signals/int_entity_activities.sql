-- The activity of the touched entities, seen from both entity types: what an account did, by its own id or
-- by its users, and what a user did. Activity of internal users contributes to nothing.
{% set every_event %}
(
    select distinct
        signals.activity_key,
        signals.entity_type
    from {{ ref('def_scored_signals') }} as signals
    inner join {{ ref('def_activities') }} as plan
        on
            signals.activity_key = plan.activity_key
            and plan.is_every_event
)
{% endset %}
{% for is_every_event in [false, true] %}
select
    activities.entity_key,
    activities.entity_type,
    activities.final_on,
    activities.user_key,
    {% if is_every_event %}
    every_event.activity_key,
    cast(null as varchar) as object_value,
    {% else %}
    activities.activity_key,
    activities.object_value,
    {% endif %}
    activities.occurred_on,
    activities.known_on,
    activities.event_count,
    {% if is_every_event %}
    cast(0 as bigint) as value_count,
    cast(null as decimal(38, 9)) as value_sum
    {% else %}
    activities.value_count,
    activities.value_sum
    {% endif %}
from {{ ref('int_touched_activities') }} as activities
{% if is_every_event %}
inner join {{ every_event }} as every_event
    on activities.entity_type = every_event.entity_type
where activities.counts_event

{% else %}
where activities.activity_key is not null

union all

{% endif %}
{% endfor %}
