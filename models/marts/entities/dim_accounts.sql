with users as (

    select
        users.account_key,
        count(*) as user_count
    from {{ ref('int_entities') }} as users
    inner join {{ ref('int_as_of') }} as as_of
        on users.created_on <= as_of.as_of_on
    left join {{ ref('int_merged_ids') }} as merged
        on users.entity_key = merged.merged_key
    where
        users.entity_type = 'user'
        and users.account_key is not null
        and not users.is_internal
        and merged.merged_key is null
    group by users.account_key

),

activity as (

    select
        entity_key,
        min(activity_date) as first_active_on,
        max(activity_date) as last_active_on
    from {{ ref('int_account_activity_daily') }}
    group by entity_key

)

select
    keys.entity_id as account_id,
    accounts.parent_account_id,
    merged.canonical_id as merged_into_account_id,
    accounts.account_name,
    accounts.domain,
    accounts.plan,
    accounts.acquisition_channel,
    accounts.country,
    coalesce(
        customers.lifecycle_stage,
        case when activity.entity_key is not null then 'active_prospect' else 'signed_up' end
    ) as lifecycle_stage,
    accounts.employee_count,
    coalesce(users.user_count, 0) as user_count,
    accounts.account_id is not null as is_listed,
    entities.created_on,
    activity.first_active_on,
    activity.last_active_on,
    customers.converted_on as first_converted_on
from {{ ref('int_entities') }} as entities
inner join {{ ref('int_entity_keys') }} as keys
    on entities.entity_key = keys.entity_key
inner join {{ ref('int_as_of') }} as as_of
    on entities.created_on <= as_of.as_of_on
left join {{ ref('int_accounts') }} as accounts
    on keys.entity_id = accounts.account_id
left join {{ ref('int_merged_ids') }} as merged
    on entities.entity_key = merged.merged_key
left join users
    on entities.entity_key = users.account_key
left join activity
    on entities.entity_key = activity.entity_key
left join {{ ref('int_customer_stages') }} as customers
    on keys.entity_id = customers.account_id
where entities.entity_type = 'account'
