{{ config(enabled='stripe' in var('pql_business_sources')) }}

with renamed as (

    select
        'stripe:' || customer_id as company_id,
        account_id,
        cast(null as {{ dbt.type_string() }}) as parent_company_id,
        customer_name as company_name,
        email as company_domain,
        country,
        cast(null as {{ dbt.type_string() }}) as owner,
        cast(null as bigint) as employee_count,
        created as created_at
    from {{ ref('base_stripe__customers') }}
    -- A deleted customer is no company any more; its subscriptions stay, since they were paid.
    where not is_deleted

)

{{ contract_companies('renamed') }}
