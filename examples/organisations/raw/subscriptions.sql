-- The product has no payments in this data: the required table stands without rows.
select
    cast(null as varchar) as subscription_id,
    cast(null as varchar) as account_id,
    cast(null as decimal(18, 4)) as mrr_amount,
    cast(null as timestamp) as started_at
where false
