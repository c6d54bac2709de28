{{ config(enabled='raw' in adapters_of('subscriptions')) }}

with renamed as (

    select
        subscription_id,
        account_id,
        plan,
        currency,
        mrr_amount,
        started_at,
        ended_at,
        recorded_at,
        cast(null as {{ dbt.type_string() }}) as company_domain
    from {{ from_source('raw', 'subscriptions') }}

)

{{ contract_subscriptions('renamed') }}
