{{ config(enabled='raw' in var('pql_event_sources')) }}

with renamed as (

    select
        entity_type,
        merged_id,
        canonical_id,
        merged_at,
        recorded_at
    from {{ from_source('raw', 'merges') }}

)

{{ contract_merges('renamed') }}
