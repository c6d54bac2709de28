-- The activity facts seen from both entity types: what an account did, and what a user did.
select
    'account' as entity_type,
    account_id as entity_id,
    user_id,
    activity_key,
    object_value,
    occurred_on,
    known_on,
    event_count,
    value_count,
    value_sum
from {{ ref('fct_user_activity_daily') }}
where account_id is not null

union all

select
    'user' as entity_type,
    user_id as entity_id,
    user_id,
    activity_key,
    object_value,
    occurred_on,
    known_on,
    event_count,
    value_count,
    value_sum
from {{ ref('fct_user_activity_daily') }}
where user_id is not null
