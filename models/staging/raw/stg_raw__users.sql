{{ config(enabled='raw' in var('pql_business_sources')) }}

with renamed as (

    select
        user_id,
        account_id,
        email,
        is_internal,
        created_at
    from {{ from_source('raw', 'users') }}

)

{{ contract_users('renamed') }}
