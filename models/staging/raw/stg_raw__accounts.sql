{{ config(enabled='raw' in var('pql_business_sources')) }}

with renamed as (

    select
        account_id,
        parent_account_id,
        account_name,
        domain,
        plan,
        acquisition_channel,
        country,
        employee_count,
        created_at
    from {{ from_source('raw', 'accounts') }}

)

{{ contract_accounts('renamed') }}
