-- What each acquisition channel brings and costs: the accounts that signed up in a month, what has become of them, and
-- what was spent in that month.
{% set month = average_month() %}
with accounts as (

    select
        cohorts.basis,
        cohorts.definition_key,
        cohorts.acquisition_channel,
        cohorts.cohort_grain,
        cohorts.cohort_start,
        cohorts.account_id,
        cohorts.is_mature,
        cohorts.converted_on,
        cohorts.is_pql
    from {{ ref('int_journey_cohorts') }} as cohorts
    where
        cohorts.cohort_by = 'signup'
        and cohorts.cohort_grain in ('all', 'month')
        and cohorts.audience <> 'customer'

),

spend as (

    select
        {{ channel_name('spend.acquisition_channel') }} as acquisition_channel,
        spend.spent_on,
        spend.amount
    from {{ ref('int_spend_unioned') }} as spend
    inner join {{ ref('int_as_of') }} as as_of
        on spend.spent_on <= as_of.as_of_on
    where spend.quarantine_reason is null

),

spend_of_channels as (

    select
        acquisition_channel,
        spent_on,
        amount
    from spend

    union all

    select
        'all' as acquisition_channel,
        spent_on,
        amount
    from spend

),

spend_of_cohorts as (

    select
        acquisition_channel,
        'all' as cohort_grain,
        cast(null as date) as cohort_start,
        sum(amount) as amount,
        min(spent_on) as first_spent_on,
        max(spent_on) as last_spent_on
    from spend_of_channels
    group by acquisition_channel

    union all

    select
        acquisition_channel,
        'month' as cohort_grain,
        {{ start_of('month', 'spent_on') }} as cohort_start,
        sum(amount) as amount,
        min(spent_on) as first_spent_on,
        max(spent_on) as last_spent_on
    from spend_of_channels
    group by acquisition_channel, {{ start_of('month', 'spent_on') }}

),

bases as (

    select 'recomputed' as basis

    union all

    select 'reported' as basis

),

-- One row for what the accounts are, one for what they have paid, one for what was spent: each counted once.
parts as (

    select
        basis,
        definition_key,
        acquisition_channel,
        cohort_grain,
        cohort_start,
        count(*) as signup_count,
        count(case when is_pql then 1 end) as pql_count,
        count(converted_on) as customer_count,
        min(case when is_mature then 1 else 0 end) as is_mature,
        cast(null as bigint) as currency_count,
        cast(null as {{ dbt.type_string() }}) as currency,
        cast(null as decimal(38, 4)) as mrr_days,
        cast(null as decimal(38, 4)) as spend_amount,
        cast(null as date) as first_spent_on,
        cast(null as date) as last_spent_on
    from accounts
    group by basis, definition_key, acquisition_channel, cohort_grain, cohort_start

    union all

    select
        accounts.basis,
        accounts.definition_key,
        accounts.acquisition_channel,
        accounts.cohort_grain,
        accounts.cohort_start,
        cast(0 as bigint) as signup_count,
        cast(0 as bigint) as pql_count,
        cast(0 as bigint) as customer_count,
        cast(null as integer) as is_mature,
        count(distinct coalesce(revenue.currency, '')) as currency_count,
        min(revenue.currency) as currency,
        sum(revenue.mrr_days) as mrr_days,
        cast(null as decimal(38, 4)) as spend_amount,
        cast(null as date) as first_spent_on,
        cast(null as date) as last_spent_on
    from accounts
    inner join {{ ref('int_customer_revenue') }} as revenue
        on accounts.account_id = revenue.account_id
    where accounts.converted_on is not null
    group by
        accounts.basis, accounts.definition_key, accounts.acquisition_channel,
        accounts.cohort_grain, accounts.cohort_start

    union all

    select
        bases.basis,
        definitions.definition_key,
        spend.acquisition_channel,
        spend.cohort_grain,
        spend.cohort_start,
        cast(0 as bigint) as signup_count,
        cast(0 as bigint) as pql_count,
        cast(0 as bigint) as customer_count,
        cast(null as integer) as is_mature,
        cast(null as bigint) as currency_count,
        cast(null as {{ dbt.type_string() }}) as currency,
        cast(null as decimal(38, 4)) as mrr_days,
        spend.amount as spend_amount,
        spend.first_spent_on,
        spend.last_spent_on
    from spend_of_cohorts as spend
    cross join bases
    cross join {{ ref('def_definitions') }} as definitions
    where definitions.is_active and definitions.audience <> 'customer'

),

summed as (

    select
        basis,
        definition_key,
        acquisition_channel,
        cohort_grain,
        cohort_start,
        cast(sum(signup_count) as bigint) as signup_count,
        cast(sum(pql_count) as bigint) as pql_count,
        cast(sum(customer_count) as bigint) as customer_count,
        min(is_mature) as is_mature,
        max(currency_count) as currency_count,
        max(currency) as currency,
        cast({{ month.months }} * max(mrr_days) as decimal(38, 4)) as month_mrr_days,
        max(spend_amount) as spend_amount,
        max(first_spent_on) as first_spent_on,
        max(last_spent_on) as last_spent_on
    from parts
    group by basis, definition_key, acquisition_channel, cohort_grain, cohort_start

)

select
    basis,
    definition_key,
    acquisition_channel,
    cohort_grain,
    cohort_start,
    signup_count,
    pql_count,
    customer_count,
    cast(pql_count as {{ type_double() }}) / nullif(signup_count, 0) as pql_rate,
    {{ rate_interval_low('pql_count', 'signup_count') }} as pql_rate_low,
    {{ rate_interval_high('pql_count', 'signup_count') }} as pql_rate_high,
    cast(customer_count as {{ type_double() }}) / nullif(signup_count, 0) as customer_rate,
    {{ rate_interval_low('customer_count', 'signup_count') }} as customer_rate_low,
    {{ rate_interval_high('customer_count', 'signup_count') }} as customer_rate_high,
    coalesce(is_mature = 1, false) as is_mature,
    cast(spend_amount as decimal(18, 4)) as spend_amount,
    first_spent_on,
    last_spent_on,
    cast({{ money_quotient('spend_amount', 'signup_count') }} as decimal(18, 4)) as cost_per_signup,
    cast({{ money_quotient('spend_amount', 'pql_count') }} as decimal(18, 4)) as cost_per_pql,
    cast({{ money_quotient('spend_amount', 'customer_count') }} as decimal(18, 4)) as customer_acquisition_cost,
    cast(coalesce(currency_count, 0) as integer) as currency_count,
    case when currency_count = 1 then currency end as currency,
    cast(
        case when currency_count = 1 then {{ money_quotient('month_mrr_days', month.days) }} end as decimal(18, 4)
    ) as revenue_to_date,
    cast(
        case
            when currency_count = 1 then {{ money_quotient('month_mrr_days', '(' ~ month.days ~ ' * customer_count)') }}
        end as decimal(18, 4)
    ) as lifetime_value,
    case
        when currency_count = 1 and spend_amount > 0
            then
                cast(month_mrr_days as {{ type_double() }}) / {{ month.days }}
                / cast(spend_amount as {{ type_double() }})
    end as ltv_to_cac
from summed
