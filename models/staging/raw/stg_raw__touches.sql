{{ config(enabled='raw' in var('pql_business_sources')) }}

with renamed as (

    select
        touch_id,
        account_id,
        channel,
        owner,
        outcome,
        touched_at,
        cast(null as {{ dbt.type_string() }}) as company_domain
    from {{ from_source('raw', 'touches') }}

)

{{ contract_touches('renamed') }}
