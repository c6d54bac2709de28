-- Which user or account a merged one has become, also over several merges: one row for each that it became
-- on the way, from the day on which all of them were known. Of several targets the first known counts; two
-- on one day say nothing, and neither does a circle.
with recursive calls as (

    select distinct
        merged.entity_type,
        merged.entity_key as merged_key,
        canonical.entity_key as canonical_key,
        calls.known_on,
        min(calls.known_on) over (partition by merged.entity_key) as first_known_on
    from {{ ref('int_merge_calls') }} as calls
    inner join {{ ref('int_entity_keys') }} as merged
        on
            calls.merged_id = merged.entity_id
            and calls.entity_type = merged.entity_type
    inner join {{ ref('int_entity_keys') }} as canonical
        on
            calls.canonical_id = canonical.entity_id
            and calls.entity_type = canonical.entity_type

),

direct as (

    select
        entity_type,
        merged_key,
        min(canonical_key) as canonical_key,
        min(known_on) as known_on
    from calls
    where known_on = first_known_on
    group by entity_type, merged_key
    having count(*) = 1

),

walks as (

    select
        merged_key as started_at,
        canonical_key as arrived_at,
        1 as step_count
    from direct

    union all

    select
        walks.started_at,
        direct.canonical_key as arrived_at,
        walks.step_count + 1 as step_count
    from walks
    inner join direct
        on walks.arrived_at = direct.merged_key
    where walks.arrived_at <> walks.started_at and walks.step_count < 20

),

in_circles as (

    select distinct started_at as merged_key
    from walks
    where arrived_at = started_at

),

straight as (

    select direct.*
    from direct
    left join in_circles
        on direct.merged_key = in_circles.merged_key
    where in_circles.merged_key is null

),

chains as (

    select
        entity_type,
        merged_key,
        canonical_key,
        known_on,
        1 as step_count
    from straight

    union all

    select
        chains.entity_type,
        chains.merged_key,
        straight.canonical_key,
        greatest(chains.known_on, straight.known_on) as known_on,
        chains.step_count + 1 as step_count
    from chains
    inner join straight
        on chains.canonical_key = straight.merged_key
    where chains.step_count < 20

)

select
    entity_type,
    merged_key,
    canonical_key,
    known_on,
    step_count
from chains
