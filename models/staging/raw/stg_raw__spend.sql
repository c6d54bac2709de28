{{ config(enabled='raw' in var('pql_business_sources')) }}

with renamed as (

    select
        acquisition_channel,
        amount,
        spent_on
    from {{ from_source('raw', 'spend') }}

)

{{ contract_spend('renamed') }}
