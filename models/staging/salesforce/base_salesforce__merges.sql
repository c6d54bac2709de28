{{ config(enabled='salesforce' in var('pql_business_sources'), materialized='table') }}

-- Which account stands for one that was merged away.
with recursive pairs as (

    select distinct
        cast(id as {{ dbt.type_string() }}) as merged_id,
        {{ blank_as_null('master_record_id') }} as canonical_id
    from {{ from_source('salesforce', 'account') }}
    where
        {{ blank_as_null('master_record_id') }} is not null
        and cast(id as {{ dbt.type_string() }}) <> cast(master_record_id as {{ dbt.type_string() }})

)

{{ ends_of_merges('pairs') }}
