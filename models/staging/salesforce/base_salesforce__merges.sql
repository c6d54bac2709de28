{{ config(enabled='salesforce' in var('pql_business_sources'), materialized='table') }}

-- Which account stands for one that was merged away. Merges form chains: the last account of a chain counts.
with recursive pairs as (

    select distinct
        cast(id as varchar) as merged_id,
        {{ blank_as_null('master_record_id') }} as canonical_id
    from {{ from_source('salesforce', 'account') }}
    where
        {{ blank_as_null('master_record_id') }} is not null and cast(id as varchar) <> cast(master_record_id as varchar)

),

chains as (

    select
        merged_id,
        canonical_id,
        1 as chain_length
    from pairs

    union all

    select
        chains.merged_id,
        pairs.canonical_id,
        chains.chain_length + 1 as chain_length
    from chains
    inner join pairs on chains.canonical_id = pairs.merged_id
    -- No chain of people's merges is so long: a circle must end.
    where chains.chain_length < 10

),

ranked as (

    select
        merged_id,
        canonical_id,
        row_number() over (partition by merged_id order by chain_length desc, canonical_id asc) as canonical_number
    from chains

)

select
    merged_id,
    canonical_id
from ranked
where canonical_number = 1 and merged_id <> canonical_id
