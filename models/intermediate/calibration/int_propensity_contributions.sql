-- What each factor adds to the log-odds of each account on the as-of day, in the model that is used, with
-- the factor in words. The steps of a model are applied by a join.
{% set use_words = [('active_days', 'Active days '), ('active_users', 'Active people '), ('events', 'Events ')] %}
with used_steps as (

    select
        steps.outcome,
        steps.model,
        steps.factor,
        steps.value_from,
        steps.value_to,
        steps.is_unknown,
        cast(steps.contribution as decimal(18, 6)) as contribution
    from {{ ref('calibration_propensity_models') }} as steps
    inner join {{ ref('calibration_model_comparison') }} as comparison
        on
            steps.outcome = comparison.outcome
            and steps.model = comparison.model
    where comparison.is_used and comparison.definition_key = '*'

),

used_factors as (

    select distinct
        used_steps.outcome,
        used_steps.model,
        used_steps.factor,
        factors.factor_number,
        factors.measure,
        factors.reason_template,
        factors.description,
        factors.is_zero_when_absent
    from used_steps
    inner join {{ ref('int_propensity_factors') }} as factors
        on used_steps.factor = factors.factor

),

today as (

    select *
    from {{ ref('int_propensity_days') }}
    where is_as_of

),

values_today as (

    select
        entity_day,
        factor_number,
        factor_value,
        is_met
    from {{ ref('int_propensity_values') }}
    where is_as_of

),

factors_today as (

    select
        today.account_id,
        today.outcome,
        today.active_days,
        today.active_days_before,
        today.active_users,
        today.active_users_before,
        today.events,
        today.events_before,
        used_factors.model,
        used_factors.factor,
        used_factors.measure,
        used_factors.reason_template,
        used_factors.description,
        coalesce(values_today.is_met, false) as is_met,
        coalesce(
            values_today.factor_value,
            case when used_factors.is_zero_when_absent then cast(0 as {{ type_double() }}) end
        ) as factor_value
    from today
    inner join used_factors
        on today.outcome = used_factors.outcome
    left join values_today
        on
            today.entity_day = values_today.entity_day
            and used_factors.factor_number = values_today.factor_number

),

contributions as (

    select
        factors_today.*,
        used_steps.contribution
    from factors_today
    inner join used_steps
        on
            factors_today.outcome = used_steps.outcome
            and factors_today.factor = used_steps.factor
            and (factors_today.factor_value is null) = used_steps.is_unknown
            and (used_steps.value_from is null or factors_today.factor_value >= used_steps.value_from)
            and (used_steps.value_to is null or factors_today.factor_value < used_steps.value_to)

),

worded as (

    select
        *,
        {{ short_number('factor_value') }} as value_text,
        case when factor_value > 0 then 'rose from ' else 'fell from ' end as moved
    from contributions

)

select
    account_id,
    outcome,
    model,
    factor,
    factor_value,
    contribution,
    case
        when factor = 'use:active_days' then 'Active on ' || value_text || ' of the last 28 days'
        when factor = 'use:active_users' then value_text || ' people active in the last 28 days'
        when factor = 'use:events' then value_text || ' events in the last 28 days'
        when factor = 'use:days_since_last_active' and factor_value is null then 'Never active'
        when factor = 'use:days_since_last_active' then 'Last active ' || value_text || ' days ago'
        when factor = 'use:days_in_audience' and outcome = 'churn' then 'A customer for ' || value_text || ' days'
        when factor = 'use:days_in_audience' then 'A prospect for ' || value_text || ' days'
        when factor like 'use:%' and factor_value is null then 'No use in the last 56 days'
        {% for of, words in use_words %}
        when factor = 'use:{{ of }}_change' and factor_value = 0
            then '{{ words }}stayed at ' || cast({{ of }} as {{ dbt.type_string() }})
        when factor = 'use:{{ of }}_change'
            then
                '{{ words }}' || moved || cast({{ of }}_before as {{ dbt.type_string() }})
                || ' to ' || cast({{ of }} as {{ dbt.type_string() }})
        {% endfor %}
        when measure = 'attribute' then description || case when factor_value = 1 then ': yes' else ': no' end
        when factor_value is null then description || ': not measured'
        when is_met then replace(reason_template, '{value}', value_text)
        else description || ': ' || value_text
    end as factor_text
from worded
