{{ config(enabled='stripe' in adapters_of('subscriptions')) }}

-- One row per subscription. It is paid from its first invoice above zero on; where no invoice of it is
-- there at all, from when it was active outside its trial. Else its amount is zero: not paid (yet).
with joined as (

    select
        subscriptions.subscription_id,
        case
            when {{ is_valid_json('subscriptions.metadata') }}
                then {{ json_text('subscriptions.metadata', string_literal(var('pql_stripe_account_key'))) }}
        end as own_account_id,
        customers.account_id as customer_account_id,
        customers.email,
        amounts.plan_name,
        coalesce(
            case when payments.is_paid then payments.currency end,
            amounts.currency,
            payments.currency,
            customers.currency
        ) as currency,
        -- A price of several currencies shows one of them, which may not be the one that is paid.
        case
            when payments.is_paid and lower(payments.currency) <> lower(amounts.currency) then null
            else amounts.mrr_amount
        end as listed_amount,
        {{ major_units('payments.amount_paid', 'payments.currency') }} / coalesce(amounts.months, 1) as paid_amount,
        case
            when payments.is_paid then 'invoice'
            when payments.subscription_id is null and subscriptions.active_at is not null then 'status'
        end as evidence,
        payments.paid_at,
        subscriptions.active_at,
        subscriptions.active_known_at,
        subscriptions.raw_started_at,
        case
            -- What has become free is not paid for any more, though it runs on; that it was bought stays.
            when amounts.mrr_amount = 0 and amounts.is_whole_amount
                then {{ earlier_of('payments.nothing_paid_since', 'subscriptions.ended_at') }}
            else subscriptions.ended_at
        end as ended_at
    from {{ ref('base_stripe__subscriptions') }} as subscriptions
    left join {{ ref('base_stripe__first_payments') }} as payments
        on subscriptions.subscription_id = payments.subscription_id
    left join {{ ref('base_stripe__monthly_amounts') }} as amounts
        on subscriptions.subscription_id = amounts.subscription_id
    left join {{ ref('base_stripe__customers') }} as customers
        on subscriptions.customer_id = customers.customer_id

),

renamed as (

    select
        'stripe:' || subscription_id as subscription_id,
        -- A customer may pay for several accounts: what the subscription says counts first.
        coalesce({{ blank_as_null('own_account_id') }}, customer_account_id) as account_id,
        plan_name as plan,
        currency,
        email as company_domain,
        case
            when evidence is null then 0
            -- No item with a price per unit (tiers, use), or one that is free now: what was paid first stands for it.
            when evidence = 'invoice' and coalesce(listed_amount, 0) <= 0 then paid_amount
            else listed_amount
        end as mrr_amount,
        case
            when evidence = 'invoice'
                then coalesce(cast(coalesce(paid_at, active_at) as {{ dbt.type_string() }}), raw_started_at)
            when evidence = 'status' then cast(active_at as {{ dbt.type_string() }})
            else raw_started_at
        end as started_at,
        ended_at,
        case
            when evidence = 'invoice' then coalesce(paid_at, active_known_at)
            when evidence = 'status' then active_known_at
        end as recorded_at
    from joined

)

{{ contract_subscriptions('renamed') }}
