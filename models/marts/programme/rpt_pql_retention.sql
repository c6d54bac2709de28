-- Customers who qualified before they paid, against the rest, by months of 30 days since the conversion: who still
-- pays, who still uses the product, and how much. A month counts those who were observed to its end.
with customers as (

    select
        journeys.basis,
        journeys.definition_key,
        journeys.account_id,
        journeys.converted_on,
        journeys.is_pql
    from {{ ref('fct_account_journeys') }} as journeys
    -- Of a definition of customers nobody qualifies before paying.
    where journeys.audience <> 'customer' and journeys.converted_on is not null

),

cohorts as (

    select
        *,
        'all' as cohort_grain,
        cast(null as date) as cohort_start
    from customers

    union all

    select
        *,
        'month' as cohort_grain,
        {{ start_of('month', 'converted_on') }} as cohort_start
    from customers

),

customer_counts as (

    select
        basis,
        definition_key,
        cohort_grain,
        cohort_start,
        is_pql,
        count(*) as customer_count
    from cohorts
    group by basis, definition_key, cohort_grain, cohort_start, is_pql

),

counts as (

    select
        cohorts.basis,
        cohorts.definition_key,
        cohorts.cohort_grain,
        cohorts.cohort_start,
        cohorts.is_pql,
        months.month_number,
        count(*) as observed_count,
        sum(case when months.is_paying then 1 else 0 end) as paying_count,
        sum(case when months.active_days > 0 then 1 else 0 end) as active_count,
        sum(months.active_days) as active_days,
        sum(months.user_days) as user_days
    from cohorts
    inner join {{ ref('int_customer_months') }} as months
        on cohorts.account_id = months.account_id
    group by
        cohorts.basis, cohorts.definition_key, cohorts.cohort_grain, cohorts.cohort_start, cohorts.is_pql,
        months.month_number

)

select
    counts.basis,
    counts.definition_key,
    counts.cohort_grain,
    counts.cohort_start,
    counts.is_pql,
    counts.month_number,
    customer_counts.customer_count,
    counts.observed_count,
    counts.observed_count = customer_counts.customer_count as is_complete,
    cast(counts.paying_count as bigint) as paying_count,
    cast(counts.paying_count as {{ type_double() }}) / counts.observed_count as paying_share,
    {{ rate_interval_low('counts.paying_count', 'counts.observed_count') }} as paying_share_low,
    {{ rate_interval_high('counts.paying_count', 'counts.observed_count') }} as paying_share_high,
    cast(counts.active_count as bigint) as active_count,
    cast(counts.active_count as {{ type_double() }}) / counts.observed_count as active_share,
    {{ rate_interval_low('counts.active_count', 'counts.observed_count') }} as active_share_low,
    {{ rate_interval_high('counts.active_count', 'counts.observed_count') }} as active_share_high,
    cast(counts.active_days as {{ type_double() }}) / nullif(counts.active_count, 0) as mean_active_days,
    cast(counts.user_days as {{ type_double() }}) / nullif(counts.active_days, 0) as mean_active_users
from counts
inner join customer_counts
    on
        counts.basis = customer_counts.basis
        and counts.definition_key = customer_counts.definition_key
        and counts.cohort_grain = customer_counts.cohort_grain
        and counts.is_pql = customer_counts.is_pql
        -- Of all together there is no first day.
        and coalesce(counts.cohort_start, date '0001-01-01')
        = coalesce(customer_counts.cohort_start, date '0001-01-01')
