-- Each account and each amount is in its own channel and in `all`, once.
with sums as (

    select
        basis,
        definition_key,
        cohort_grain,
        cohort_start,
        sum(case when acquisition_channel = 'all' then -signup_count else signup_count end) as signup_difference,
        sum(case when acquisition_channel = 'all' then -pql_count else pql_count end) as pql_difference,
        sum(case when acquisition_channel = 'all' then -customer_count else customer_count end) as customer_difference,
        coalesce(sum(case when acquisition_channel = 'all' then -spend_amount else spend_amount end), 0)
            as spend_difference
    from {{ ref('rpt_channel_performance') }}
    group by basis, definition_key, cohort_grain, cohort_start

)

select *
from sums
where signup_difference <> 0 or pql_difference <> 0 or customer_difference <> 0 or spend_difference <> 0
