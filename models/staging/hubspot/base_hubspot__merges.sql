{{ config(enabled='hubspot' in var('pql_business_sources'), materialized='table') }}

{% set lists = [
    ('company', 'company', 'id', 'property_hs_merged_object_ids'),
    ('contact', 'contact', 'id', 'property_hs_merged_object_ids'),
    ('contact', 'contact_merge_audit', 'canonical_vid', 'vid_to_merge'),
    ('deal', 'deal', 'deal_id', 'property_hs_merged_object_ids'),
    ('deal', 'merged_deal', 'deal_id', 'merged_deal_id'),
] %}
-- Which record stands for one that was merged away.
with recursive lists as (

    {% for object_type, table, canonical_id, merged_ids in lists %}
    {% if not loop.first %}

    union all

    {% endif %}
    select
        '{{ object_type }}' as object_type,
        cast({{ canonical_id }} as {{ dbt.type_string() }}) as canonical_id,
        cast({{ merged_ids }} as {{ dbt.type_string() }}) as merged_ids
    from {{ from_source('hubspot', table) }}
    {% endfor %}

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

)

{{ ends_of_merges('pairs', kind='object_type') }}
