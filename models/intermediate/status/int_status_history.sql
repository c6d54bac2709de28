-- Whether an entity is qualified. Of a touched entity it goes on from the status of its last final day.
-- depends_on: {{ ref('int_build_plan') }} {{ ref('int_touched_entities') }}
{% set plan = build_plan() %}
{% set by_day = 'partition by entity_key, definition_key order by valid_from' %}
with eligible as (

    select
        eligibility.*,
        {% if plan.rescores_all %}
        cast(null as boolean) as held_is_qualified,
        cast(null as boolean) as held_was_qualified
        {% else %}
        held.is_qualified as held_is_qualified,
        held.was_qualified as held_was_qualified
        {% endif %}
    from {{ ref('int_score_eligibility') }} as eligibility
    inner join {{ ref('int_touched_entities') }} as touched
        on
            eligibility.entity_key = touched.entity_key
            and eligibility.valid_to > touched.final_on
    {% if not plan.rescores_all %}
    left join {{ this }} as held
        on
            eligibility.entity_key = held.entity_key
            and eligibility.definition_key = held.definition_key
            and eligibility.valid_from <= touched.final_on
            and held.valid_from <= touched.final_on
            and touched.final_on < held.valid_to
    {% endif %}

),

conditions as (

    select
        *,
        coalesce(held_is_qualified, is_in_audience and is_required_met and score >= enter_threshold) as enters,
        coalesce(held_is_qualified, is_in_audience and is_required_met and score >= exit_threshold) as stays
    from eligible

),

qualified as (

    select
        *,
        {{ hysteresis('current row') }} as is_qualified,
        coalesce(held_was_qualified, {{ hysteresis('1 preceding') }}) as was_qualified,
        lead(stays) over ({{ by_day }}) as stays_next,
        lead(is_in_audience) over ({{ by_day }}) as is_in_audience_next,
        lead(is_merged) over ({{ by_day }}) as is_merged_next,
        lead(is_required_met) over ({{ by_day }}) as is_required_met_next
    from conditions

)

select
    entity_key,
    entity_type,
    definition_key,
    definition_version,
    valid_from,
    valid_to,
    score,
    is_qualified,
    was_qualified,
    case
        when not is_qualified or coalesce(stays_next, true) then null
        when is_merged_next then 'merged'
        when not is_in_audience_next and audience = 'prospect' then 'converted'
        when not is_in_audience_next then 'churned'
        when not is_required_met_next then 'required'
        else 'score'
    end as ended_by
from qualified
