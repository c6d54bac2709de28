-- Every account with what it is on the as-of day: itself, or what it has become by merging.
select
    keys.entity_key as account_key,
    keys.entity_id as account_id,
    coalesce(merged.canonical_key, keys.entity_key) as canonical_key,
    coalesce(merged.canonical_id, keys.entity_id) as canonical_id,
    merged.merged_key is not null as is_merged
from {{ ref('int_entity_keys') }} as keys
left join {{ ref('int_merged_ids') }} as merged
    on keys.entity_key = merged.merged_key
where keys.entity_type = 'account'
