-- Whose rows the run is about to replace because their day of arrival is read again, from when on. Kept
-- until the build is completed: a run that takes over from a killed one must know them as well.
-- depends_on: {{ ref('int_build_plan') }}
{% set plan = build_plan() %}
with replaced as (

    {% if plan.is_full %}
    {{ no_rows({
        'account_key': 'integer', 'user_key': 'integer', 'anonymous_key': 'integer', 'occurred_on': 'date',
        'known_on': 'date',
    }) }}
    {% else %}
    select
        account_key,
        user_key,
        anonymous_key,
        occurred_on,
        known_on
    from {{ held('int_events_daily') }}
    where received_on >= date '{{ plan.arrived_from }}'
    {% endif %}

)

select
    replaced.account_key,
    replaced.user_key,
    replaced.anonymous_key,
    min(replaced.known_on) as known_on,
    min(replaced.occurred_on) as occurred_on,
    plan.build_number
from replaced
cross join {{ ref('int_build_plan') }} as plan
group by replaced.account_key, replaced.user_key, replaced.anonymous_key, plan.build_number

{% if not plan.is_full and execute and load_relation(this) is not none %}
union all

select
    noted.account_key,
    noted.user_key,
    noted.anonymous_key,
    noted.known_on,
    noted.occurred_on,
    noted.build_number
from {{ this }} as noted
inner join {{ ref('int_build_plan') }} as plan
    on noted.build_number = plan.build_number
{% endif %}
