-- What customers pay who qualified before they paid, against the rest, by the signup and per currency.
{% set month = average_month() %}
with customers as (

    select
        journeys.basis,
        journeys.definition_key,
        journeys.cohort_grain,
        journeys.cohort_start,
        journeys.acquisition_channel,
        journeys.is_pql,
        revenue.currency,
        revenue.starting_mrr,
        revenue.current_mrr,
        revenue.mrr_days,
        revenue.observed_days
    from {{ ref('int_journey_cohorts') }} as journeys
    inner join {{ ref('int_customer_revenue') }} as revenue
        on journeys.account_id = revenue.account_id
    -- Of a definition of customers nobody qualifies before paying.
    where journeys.cohort_by = 'signup' and journeys.audience <> 'customer'

),

sums as (

    select
        basis,
        definition_key,
        cohort_grain,
        cohort_start,
        acquisition_channel,
        is_pql,
        currency,
        count(*) as customer_count,
        sum(case when current_mrr > 0 then 1 else 0 end) as paying_count,
        cast(sum(observed_days) as bigint) as observed_days,
        cast(sum(starting_mrr) as decimal(38, 4)) as starting_mrr,
        cast(sum(current_mrr) as decimal(38, 4)) as current_mrr,
        cast(sum(case when current_mrr < starting_mrr then current_mrr else starting_mrr end) as decimal(38, 4))
            as kept_mrr,
        cast({{ month.months }} * sum(mrr_days) as decimal(38, 4)) as month_mrr_days
    from customers
    group by basis, definition_key, cohort_grain, cohort_start, acquisition_channel, is_pql, currency

)

select
    basis,
    definition_key,
    cohort_grain,
    cohort_start,
    acquisition_channel,
    is_pql,
    currency,
    customer_count,
    customer_count >= {{ min_at_risk() }} as has_enough_customers,
    cast(paying_count as bigint) as paying_count,
    cast(paying_count as {{ type_double() }}) / customer_count as paying_share,
    {{ rate_interval_low('paying_count', 'customer_count') }} as paying_share_low,
    {{ rate_interval_high('paying_count', 'customer_count') }} as paying_share_high,
    starting_mrr,
    {{ money_quotient('starting_mrr', 'customer_count') }} as mean_starting_mrr,
    current_mrr,
    cast(current_mrr as {{ type_double() }}) / cast(starting_mrr as {{ type_double() }}) as net_retained_share,
    cast(kept_mrr as {{ type_double() }}) / cast(starting_mrr as {{ type_double() }}) as gross_retained_share,
    cast(observed_days as {{ type_double() }}) * {{ month.months }} / {{ month.days }} as customer_months,
    {{ money_quotient('month_mrr_days', month.days) }} as revenue_to_date,
    {{ money_quotient('month_mrr_days', '(' ~ month.days ~ ' * customer_count)') }} as lifetime_value,
    {{ money_quotient('month_mrr_days', '(' ~ month.months ~ ' * observed_days)') }} as revenue_per_customer_month
from sums
