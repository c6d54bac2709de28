-- What each merged account and user has become.
with chains as (

    select
        *,
        max(step_count) over (partition by merged_key) as last_step
    from {{ ref('int_merges') }}

)

select
    chains.entity_type,
    chains.merged_key,
    chains.canonical_key,
    merged.entity_id as merged_id,
    canonical.entity_id as canonical_id
from chains
inner join {{ ref('int_entity_keys') }} as merged
    on chains.merged_key = merged.entity_key
inner join {{ ref('int_entity_keys') }} as canonical
    on chains.canonical_key = canonical.entity_key
where chains.step_count = chains.last_step
