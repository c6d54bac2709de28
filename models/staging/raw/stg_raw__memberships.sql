{{ config(enabled='raw' in var('pql_event_sources')) }}

with renamed as (

    select
        user_id,
        account_id,
        valid_from,
        valid_to,
        recorded_at
    from {{ from_source('raw', 'memberships') }}

)

{{ contract_memberships('renamed') }}
