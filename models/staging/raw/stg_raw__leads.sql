{{ config(enabled='raw' in var('pql_business_sources')) }}

with renamed as (

    select
        lead_id,
        account_id,
        email,
        kind,
        created_at,
        source as lead_source,
        cast(null as {{ dbt.type_string() }}) as company_domain
    from {{ from_source('raw', 'leads') }}

)

{{ contract_leads('renamed') }}
