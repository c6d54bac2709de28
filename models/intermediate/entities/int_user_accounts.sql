-- The account of each listed user, and whether the user is internal, by key.
select
    user_keys.entity_key as user_key,
    account_keys.entity_key as account_key,
    users.is_internal
from {{ ref('int_users') }} as users
inner join {{ ref('int_entity_keys') }} as user_keys
    on
        users.user_id = user_keys.entity_id
        and user_keys.entity_type = 'user'
left join {{ ref('int_entity_keys') }} as account_keys
    on
        users.account_id = account_keys.entity_id
        and account_keys.entity_type = 'account'
