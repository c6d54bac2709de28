with own_activity as (

    select
        user_key,
        min(occurred_on) as first_active_on,
        max(occurred_on) as last_active_on
    from {{ ref('int_activities_attributed') }}
    where user_key is not null and not is_internal
    group by user_key

),

-- What a merged user did is of both: of itself and of what it has become.
own_and_merged as (

    select
        user_key,
        first_active_on,
        last_active_on
    from own_activity

    union all

    select
        merged.canonical_key as user_key,
        own_activity.first_active_on,
        own_activity.last_active_on
    from own_activity
    inner join {{ ref('int_merged_ids') }} as merged
        on own_activity.user_key = merged.merged_key

),

activity as (

    select
        user_key,
        min(first_active_on) as first_active_on,
        max(last_active_on) as last_active_on
    from own_and_merged
    group by user_key

)

select
    keys.entity_id as user_id,
    account_keys.entity_id as account_id,
    merged.canonical_id as merged_into_user_id,
    users.email,
    coalesce(
        customers.lifecycle_stage,
        case when activity.user_key is not null then 'active_prospect' else 'signed_up' end
    ) as lifecycle_stage,
    entities.is_internal,
    users.user_id is not null as is_listed,
    entities.created_on,
    activity.first_active_on,
    activity.last_active_on,
    customers.converted_on as first_converted_on
from {{ ref('int_entities') }} as entities
inner join {{ ref('int_entity_keys') }} as keys
    on entities.entity_key = keys.entity_key
left join {{ ref('int_entity_keys') }} as account_keys
    on entities.account_key = account_keys.entity_key
inner join {{ ref('int_as_of') }} as as_of
    on entities.created_on <= as_of.as_of_on
left join {{ ref('int_users') }} as users
    on keys.entity_id = users.user_id
left join {{ ref('int_merged_ids') }} as merged
    on entities.entity_key = merged.merged_key
left join activity
    on entities.entity_key = activity.user_key
left join {{ ref('int_customer_stages') }} as customers
    on account_keys.entity_id = customers.account_id
where entities.entity_type = 'user'
