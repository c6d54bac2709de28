{{ config(enabled='salesforce' in var('pql_business_sources'), materialized='table') }}

-- Which account stands for one that was merged away.
with recursive pairs as (

    select distinct
        cast(id as varchar) as merged_id,
        {{ blank_as_null('master_record_id') }} as canonical_id
    from {{ from_source('salesforce', 'account') }}
    where
        {{ blank_as_null('master_record_id') }} is not null and cast(id as varchar) <> cast(master_record_id as varchar)

)

{{ ends_of_merges('pairs') }}
