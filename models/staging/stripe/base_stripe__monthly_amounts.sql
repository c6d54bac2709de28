{{ config(enabled='stripe' in var('pql_business_sources')) }}

-- What each subscription costs a month by its items and prices, as they are now.
with every_price as (

    select
        id,
        product_id,
        nickname,
        currency,
        coalesce(
            {{ safe_cast_to('unit_amount_decimal', 'decimal(18, 6)') }},
            {{ safe_cast_to('unit_amount', 'decimal(18, 6)') }}
        ) as unit_amount,
        recurring_interval as billing_interval,
        {{ safe_cast_to('recurring_interval_count', 'bigint') }} as interval_count,
        recurring_usage_type as usage_type,
        {{ safe_cast_to('transform_quantity_divide_by', 'bigint') }} as divide_by,
        transform_quantity_round as rounding,
        1 as preference
    from {{ from_source('stripe', 'price') }}

    union all

    select
        id,
        product_id,
        nickname,
        currency,
        {{ safe_cast_to('amount', 'decimal(18, 6)') }} as unit_amount,
        {{ adapter.quote('interval') }} as billing_interval,
        {{ safe_cast_to('interval_count', 'bigint') }} as interval_count,
        usage_type,
        {{ safe_cast_to('transform_usage_divide_by', 'bigint') }} as divide_by,
        transform_usage_round as rounding,
        2 as preference
    from {{ from_source('stripe', 'plan') }}

),

-- A price and the plan of the same key are one thing in two tables.
prices as (

    select
        *,
        row_number() over (
            partition by id
            order by preference, unit_amount, currency, billing_interval, interval_count
        ) as copy_number
    from every_price

),

products as (

    select
        id,
        max(name) as name
    from {{ from_source('stripe', 'product') }}
    group by id

),

items as (

    select
        {{ blank_as_null('id') }} as item_id,
        {{ blank_as_null('subscription_id') }} as subscription_id,
        {{ blank_as_null('plan_id') }} as price_id,
        coalesce({{ safe_cast_to('quantity', 'decimal(18, 0)') }}, 1) as quantity,
        row_number() over (
            partition by id
            order by subscription_id asc, plan_id asc, quantity asc
        ) as copy_number
    from {{ newest_rows(from_source('stripe', 'subscription_item'), 'id') }} as newest_items
    where not coalesce({{ safe_cast_to('_fivetran_deleted', 'boolean') }}, false)

),

priced as (

    select
        items.item_id,
        items.subscription_id,
        prices.currency,
        coalesce({{ blank_as_null('prices.nickname') }}, {{ blank_as_null('products.name') }}, items.price_id)
            as plan_name,
        {{ interval_months('prices.billing_interval', 'prices.interval_count') }} as months,
        -- What is metered has no quantity before it is used; tiers have no price per unit.
        case when coalesce(lower(prices.usage_type), 'licensed') <> 'metered' then prices.unit_amount end
            as unit_amount,
        case
            when prices.divide_by > 1 and lower(prices.rounding) = 'down'
                then floor(items.quantity / prices.divide_by)
            when prices.divide_by > 1 then ceil(items.quantity / prices.divide_by)
            else items.quantity
        end as units
    from items
    left join prices on items.price_id = prices.id and prices.copy_number = 1
    left join products on prices.product_id = products.id
    where items.copy_number = 1 and items.subscription_id is not null

),

monthly as (

    select
        *,
        {{ safe_cast_to(
            'round(' ~ major_units('unit_amount * cast(units as decimal(18, 0))', 'currency') ~ ' / months, 4)',
            'decimal(18, 4)'
        ) }} as monthly_amount
    from priced

),

ranked as (

    select
        *,
        row_number() over (
            partition by subscription_id
            order by coalesce(monthly_amount, 0) desc, item_id, plan_name asc
        ) as item_rank
    from monthly

)

select
    subscription_id,
    max(case when item_rank = 1 then plan_name end) as plan_name,
    max(currency) as currency,
    sum(monthly_amount) as mrr_amount,
    -- Every item has a price per unit: the sum is all that is charged.
    count(monthly_amount) = count(*) as is_whole_amount,
    -- The interval of the invoices: Stripe bills all items of a subscription together.
    min(months) as months
from ranked
group by subscription_id
