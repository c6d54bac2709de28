-- Every amount is in one channel, and in one cohort: they add up to the figure of all together.
with sums as (

    select
        basis,
        definition_key,
        is_pql,
        currency,
        cohort_grain,
        acquisition_channel = 'all' as is_all_channels,
        sum(customer_count) as customer_count,
        sum(starting_mrr) as starting_mrr,
        sum(current_mrr) as current_mrr
    from {{ ref('rpt_pql_revenue') }}
    group by basis, definition_key, is_pql, currency, cohort_grain, acquisition_channel = 'all'

)

select
    basis,
    definition_key,
    is_pql,
    currency
from sums
group by basis, definition_key, is_pql, currency
having
    min(customer_count) <> max(customer_count)
    or min(starting_mrr) <> max(starting_mrr)
    or min(current_mrr) <> max(current_mrr)
    or count(*) <> 6
