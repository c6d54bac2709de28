-- Every account with what it is on the as-of day: itself, or what it has become by merging.
with merged as (

    select
        mergers.merged_key,
        mergers.canonical_key,
        row_number() over (
            partition by mergers.merged_key
            order by mergers.step_count desc
        ) as recency
    from {{ ref('int_merges') }} as mergers
    inner join {{ ref('int_as_of') }} as as_of
        on mergers.known_on <= as_of.as_of_on
    where mergers.entity_type = 'account'

)

select
    keys.entity_key as account_key,
    keys.entity_id as account_id,
    coalesce(merged.canonical_key, keys.entity_key) as canonical_key,
    merged.canonical_key is not null as is_merged
from {{ ref('int_entity_keys') }} as keys
left join merged
    on
        keys.entity_key = merged.merged_key
        and merged.recency = 1
where keys.entity_type = 'account'
