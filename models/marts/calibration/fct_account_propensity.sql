with used as (

    select distinct
        steps.outcome,
        steps.model,
        cast(steps.base_log_odds as decimal(18, 6)) as base_log_odds,
        steps.calibration_intercept,
        steps.calibration_slope
    from {{ ref('calibration_propensity_models') }} as steps
    inner join {{ ref('calibration_model_comparison') }} as comparison
        on
            steps.outcome = comparison.outcome
            and steps.model = comparison.model
    where comparison.is_used and comparison.definition_key = '*'

),

-- The simple model is the last to be given up, so its reason is the one to state.
reasons as (

    select
        outcome,
        reason
    from {{ ref('calibration_model_comparison') }}
    where definition_key = '*' and model = 'scorecard'

),

ordered_factors as (

    select
        account_id,
        outcome,
        factor_text,
        contribution,
        row_number() over (
            partition by account_id, outcome
            order by abs(contribution) desc, factor
        ) as place
    from {{ ref('int_propensity_contributions') }}

),

totals as (

    select
        account_id,
        outcome,
        sum(contribution) as contribution,
        {{ list_text(
            "case when place <= 3 and contribution <> 0 then factor_text"
            ~ " || case when contribution > 0 then ' (raises' else ' (lowers' end || ' the odds '"
            ~ " || cast(cast(exp(abs(cast(contribution as " ~ type_double() ~ "))) as decimal(18, 1)) as "
            ~ dbt.type_string() ~ ") || ' times)' end",
            '; ',
            'place'
        ) }} as top_factors
    from ordered_factors
    group by account_id, outcome

),

scored as (

    select
        today.account_id,
        today.outcome,
        today.panel_on as as_of_on,
        used.model,
        cast(used.base_log_odds + coalesce(totals.contribution, 0) as decimal(18, 6)) as log_odds,
        used.base_log_odds,
        used.calibration_intercept,
        used.calibration_slope,
        totals.top_factors,
        case
            when used.model is null
                then coalesce(reasons.reason, 'No model was fitted: there is no history to learn from.')
        end as reason
    from {{ ref('int_propensity_days') }} as today
    left join used
        on today.outcome = used.outcome
    left join reasons
        on today.outcome = reasons.outcome
    left join totals
        on
            today.account_id = totals.account_id
            and today.outcome = totals.outcome
    where today.is_as_of

),

ranked as (

    select
        *,
        percent_rank() over (partition by outcome, model order by log_odds) as percentile_rank
    from scored

)

select
    cast(account_id as {{ dbt.type_string() }}) as account_id,
    cast(outcome as {{ dbt.type_string() }}) as outcome,
    as_of_on,
    cast(model as {{ dbt.type_string() }}) as model,
    cast(
        1 / (1 + exp(-(calibration_intercept + calibration_slope * cast(log_odds as {{ type_double() }}))))
        as {{ type_double() }}
    ) as probability,
    log_odds,
    base_log_odds,
    cast(case when model is not null then percentile_rank end as {{ type_double() }}) as percentile_rank,
    cast(
        case
            when model is not null then 10 - least(cast(floor(10 * percentile_rank) as bigint), 9)
        end as bigint
    ) as probability_decile,
    cast(top_factors as {{ dbt.type_string() }}) as top_factors,
    cast(reason as {{ dbt.type_string() }}) as reason
from ranked
