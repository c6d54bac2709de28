{{ config(enabled='raw' in var('pql_event_sources')) }}

with renamed as (

    select
        user_id,
        anonymous_id,
        identified_at,
        received_at
    from {{ from_source('raw', 'identifies') }}

)

{{ contract_identifies('renamed') }}
