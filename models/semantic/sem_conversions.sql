-- The first payment of every account, with whether it was a product-qualified lead before, under any definition.
select
    account_id,
    converted_on,
    mrr_amount,
    coalesce(currency, 'unknown') as currency,
    max(case when basis = 'recomputed' and is_pql then 1 else 0 end) = 1 as was_pql_recomputed,
    max(case when basis = 'reported' and is_pql then 1 else 0 end) = 1 as was_pql_reported
from {{ ref('sem_account_journeys') }}
where converted_on is not null
group by account_id, converted_on, mrr_amount, currency
