with used as (

    select
        outcome,
        model,
        is_used
    from {{ ref('calibration_model_comparison') }}
    where definition_key = '*'

),

worded as (

    select
        *,
        {{ short_number('value_from', decimals=3) }} as from_text,
        {{ short_number('value_to', decimals=3) }} as to_text
    from {{ ref('calibration_propensity_models') }}

)

select
    cast(steps.outcome as {{ dbt.type_string() }}) as outcome,
    cast(steps.model as {{ dbt.type_string() }}) as model,
    cast(steps.factor as {{ dbt.type_string() }}) as factor,
    cast(steps.step as bigint) as step,
    cast(factors.description as {{ dbt.type_string() }}) as description,
    cast(
        case
            when steps.is_unknown then 'unknown'
            when steps.value_from is null and steps.value_to is null then 'any value'
            when steps.value_from is null then 'below ' || steps.to_text
            when steps.value_to is null then steps.from_text || ' and more'
            else steps.from_text || ' to below ' || steps.to_text
        end as {{ dbt.type_string() }}
    ) as value_text,
    cast(steps.value_from as {{ type_double() }}) as value_from,
    cast(steps.value_to as {{ type_double() }}) as value_to,
    cast(steps.is_unknown as boolean) as is_unknown,
    cast(steps.contribution as decimal(18, 6)) as contribution,
    cast(steps.points as bigint) as points,
    cast(steps.fit_rows as bigint) as fit_rows,
    cast(steps.fit_rate as {{ type_double() }}) as fit_rate,
    cast(steps.base_log_odds as decimal(18, 6)) as base_log_odds,
    cast(steps.calibration_intercept as {{ type_double() }}) as calibration_intercept,
    cast(steps.calibration_slope as {{ type_double() }}) as calibration_slope,
    coalesce(used.is_used, false) as is_used
from worded as steps
inner join {{ ref('int_propensity_factors') }} as factors
    on steps.factor = factors.factor
left join used
    on
        steps.outcome = used.outcome
        and steps.model = used.model
