{{ config(enabled=(target.type == 'duckdb' and (dbt_version.split('.')[0] | int) < 2)) }}
select
    propensity.account_id,
    propensity.outcome,
    propensity.log_odds,
    sum(factors.contribution) as contribution
from {{ ref('fct_account_propensity') }} as propensity
left join {{ ref('fct_account_propensity_factors') }} as factors
    on
        propensity.account_id = factors.account_id
        and propensity.outcome = factors.outcome
where propensity.model is not null
group by propensity.account_id, propensity.outcome, propensity.log_odds, propensity.base_log_odds
having propensity.log_odds <> propensity.base_log_odds + coalesce(sum(factors.contribution), 0)
