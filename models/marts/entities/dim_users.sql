with activity as (

    select
        user_id,
        min(occurred_on) as first_active_on,
        max(occurred_on) as last_active_on
    from {{ ref('int_user_event_daily') }}
    where user_id is not null and not is_internal
    group by user_id

)

select
    entities.entity_id as user_id,
    entities.account_id,
    users.email,
    coalesce(accounts.lifecycle_stage, case when activity.user_id is null then 'signed_up' else 'active_prospect' end)
        as lifecycle_stage,
    entities.is_internal,
    users.user_id is not null as is_listed,
    entities.created_on,
    activity.first_active_on,
    activity.last_active_on,
    accounts.first_converted_on
from {{ ref('int_entities') }} as entities
inner join {{ ref('int_as_of') }} as as_of
    on entities.created_on <= as_of.as_of_on
left join {{ ref('int_users') }} as users
    on entities.entity_id = users.user_id
left join activity
    on entities.entity_id = activity.user_id
left join {{ ref('dim_accounts') }} as accounts
    on entities.account_id = accounts.account_id
where entities.entity_type = 'user'
