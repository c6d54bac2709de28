-- The days on which an entity was active in the last 90 days, as known on the day; disjoint spans.
with definition_types as (

    select entity_type
    from {{ ref('def_definitions') }}
    where is_active

    union distinct

    -- The propensity of accounts is looked at whatever the definitions are about.
    select 'account' as entity_type

),

activity as (

    select
        'account' as entity_type,
        account_key as entity_key,
        account_known_on as starts_on,
        {{ add_days('occurred_on', 90) }} as ends_on
    from {{ ref('int_activities_attributed') }}
    where account_key is not null and not is_internal

    union all

    select
        'user' as entity_type,
        user_key as entity_key,
        known_on as starts_on,
        {{ add_days('occurred_on', 90) }} as ends_on
    from {{ ref('int_activities_attributed') }}
    where user_key is not null and not is_internal

),

-- What was merged counts for what it has become, from the day on which that was known.
with_merged as (

    select
        entity_type,
        entity_key,
        starts_on,
        ends_on
    from activity

    union all

    select
        mergers.entity_type,
        mergers.canonical_key as entity_key,
        greatest(activity.starts_on, mergers.known_on) as starts_on,
        activity.ends_on
    from activity
    inner join {{ ref('int_merges') }} as mergers
        on
            activity.entity_type = mergers.entity_type
            and activity.entity_key = mergers.merged_key

),

spans as (

    select
        activity.entity_key,
        activity.ends_on,
        min(activity.starts_on) as starts_on
    from with_merged as activity
    inner join definition_types
        on activity.entity_type = definition_types.entity_type
    where activity.starts_on < activity.ends_on
    group by activity.entity_key, activity.ends_on

),

covered as (

    select
        *,
        coalesce(
            max(ends_on) over (
                partition by entity_key
                order by starts_on, ends_on
                rows between unbounded preceding and 1 preceding
            ),
            starts_on
        ) as covered_to
    from spans

)

select
    entity_key,
    greatest(starts_on, covered_to) as valid_from,
    ends_on as valid_to
from covered
where ends_on > covered_to
