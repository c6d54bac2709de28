{{ config(enabled=(target.type == 'duckdb' and (dbt_version.split('.')[0] | int) < 2)) }}
-- Both are the value of the signal on the as-of day, the one by way of the days of the propensity models. Decimals of
-- the score are compared with the double of the factor.
select
    factors.account_id,
    factors.factor,
    factors.factor_value,
    explanations.signal_value
from {{ ref('fct_account_propensity_factors') }} as factors
inner join {{ ref('fct_score_explanations') }} as explanations
    on
        factors.account_id = explanations.entity_id
        and factors.factor = explanations.signal_key
inner join {{ ref('def_definitions') }} as definitions
    on
        explanations.definition_key = definitions.definition_key
        and definitions.entity_type = 'account'
inner join {{ ref('def_signals') }} as signals
    on
        explanations.signal_key = signals.signal_key
        and signals.measure <> 'attribute'
where abs(factors.factor_value - cast(explanations.signal_value as {{ type_double() }})) > 0.000001
