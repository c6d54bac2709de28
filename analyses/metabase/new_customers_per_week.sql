-- First paid subscriptions by the week of their start, and how many of these accounts were leads before, under any
-- definition. A merged account counts once, as what it has become.
with customers as (

    select
        account_id,
        converted_on,
        max(case when is_pql then 1 else 0 end) as was_qualified_before
    from {{ ref('fct_account_journeys') }}
    where basis = 'recomputed' and converted_on is not null
    group by account_id, converted_on

)

select
    date_trunc('week', converted_on) as week,
    count(*) as customers,
    sum(was_qualified_before) as qualified_before
from customers
group by date_trunc('week', converted_on)
order by week
