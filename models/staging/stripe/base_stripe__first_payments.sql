{{ config(enabled='stripe' in var('pql_business_sources')) }}

-- The first payment of each subscription that has invoices, and since when nothing is to be paid after the last. A
-- trial's invoice is paid too, with nothing.
with typed as (

    select
        {{ blank_as_null('id') }} as invoice_id,
        {{ blank_as_null('subscription_id') }} as subscription_id,
        {{ blank_as_null('currency') }} as currency,
        {{ safe_cast_to('amount_paid', 'decimal(18, 0)') }} as amount_paid,
        lower({{ blank_as_null('status') }}) as status,
        {{ safe_cast_to('status_transitions_paid_at', 'timestamp') }} as paid_at,
        -- Where the connection gives no time of payment.
        coalesce(
            {{ safe_cast_to('status_transitions_finalized_at', 'timestamp') }},
            {{ safe_cast_to('created', 'timestamp') }}
        ) as written_at
    from {{ from_source('stripe', 'invoice') }}
    where
        -- Nobody pays in test mode; a deleted invoice was a draft.
        coalesce({{ safe_cast_to('livemode', 'boolean') }}, true)
        and not coalesce({{ safe_cast_to('is_deleted', 'boolean') }}, false)
        and {{ blank_as_null('subscription_id') }} is not null

),

payments as (

    select
        subscription_id,
        invoice_id,
        currency,
        amount_paid,
        coalesce(amount_paid > 0 and (paid_at is not null or status = 'paid'), false) as is_payment,
        case
            when amount_paid > 0 and paid_at is not null then paid_at
            when amount_paid > 0 and status = 'paid' then written_at
        end as paid_at,
        case
            when amount_paid = 0 and (paid_at is not null or status = 'paid') then coalesce(paid_at, written_at)
        end as settled_with_nothing_at
    from typed

),

numbered as (

    select
        *,
        row_number() over (
            partition by subscription_id
            order by
                is_payment desc,
                coalesce(paid_at, timestamp '9999-12-31 00:00:00'),
                invoice_id asc,
                amount_paid asc,
                currency asc
        ) as payment_number,
        max(paid_at) over (partition by subscription_id) as last_paid_at
    from payments

),

ended as (

    select
        subscription_id,
        min(settled_with_nothing_at) as nothing_paid_since
    from numbered
    where settled_with_nothing_at > last_paid_at
    group by subscription_id

)

select
    numbered.subscription_id,
    numbered.is_payment as is_paid,
    case when numbered.is_payment then numbered.amount_paid end as amount_paid,
    numbered.currency,
    numbered.paid_at,
    ended.nothing_paid_since
from numbered
left join ended on numbered.subscription_id = ended.subscription_id
where numbered.payment_number = 1
