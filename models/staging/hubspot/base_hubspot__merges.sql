{{ config(enabled='hubspot' in var('pql_business_sources'), materialized='table') }}

-- Which record stands for one that was merged away. Merges form chains: the last record of a chain counts.
with recursive lists as (

    select
        'company' as object_type,
        cast(id as varchar) as canonical_id,
        cast(property_hs_merged_object_ids as varchar) as merged_ids
    from {{ from_source('hubspot', 'company') }}

    union all

    select
        'contact' as object_type,
        cast(id as varchar) as canonical_id,
        cast(property_hs_merged_object_ids as varchar) as merged_ids
    from {{ from_source('hubspot', 'contact') }}

    union all

    select
        'contact' as object_type,
        cast(canonical_vid as varchar) as canonical_id,
        cast(vid_to_merge as varchar) as merged_ids
    from {{ from_source('hubspot', 'contact_merge_audit') }}

    union all

    select
        'deal' as object_type,
        cast(deal_id as varchar) as canonical_id,
        cast(property_hs_merged_object_ids as varchar) as merged_ids
    from {{ from_source('hubspot', 'deal') }}

    union all

    select
        'deal' as object_type,
        cast(deal_id as varchar) as canonical_id,
        cast(merged_deal_id as varchar) as merged_ids
    from {{ from_source('hubspot', 'merged_deal') }}

),

listed as (

    select
        object_type || ':' || canonical_id as record_key,
        merged_ids
    from lists
    where merged_ids is not null

),

pairs as (

    select distinct
        lists.object_type,
        parts.part as merged_id,
        lists.canonical_id
    from {{ split_to_rows('listed', 'record_key', 'merged_ids', ';') }} as parts
    inner join lists on parts.record_key = lists.object_type || ':' || lists.canonical_id
    where parts.part <> lists.canonical_id

),

chains as (

    select
        object_type,
        merged_id,
        canonical_id,
        1 as chain_length
    from pairs

    union all

    select
        chains.object_type,
        chains.merged_id,
        pairs.canonical_id,
        chains.chain_length + 1 as chain_length
    from chains
    inner join pairs on chains.object_type = pairs.object_type and chains.canonical_id = pairs.merged_id
    -- No chain of people's merges is so long: a circle must end.
    where chains.chain_length < 10

),

ranked as (

    select
        object_type,
        merged_id,
        canonical_id,
        row_number() over (
            partition by object_type, merged_id
            order by chain_length desc, canonical_id asc
        ) as canonical_number
    from chains

)

select
    object_type,
    merged_id,
    canonical_id
from ranked
where canonical_number = 1 and merged_id <> canonical_id
