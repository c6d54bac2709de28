-- The users whose activity contributes to nothing.
select keys.entity_key as user_key
from {{ ref('int_users') }} as users
inner join {{ ref('int_entity_keys') }} as keys
    on
        users.user_id = keys.entity_id
        and keys.entity_type = 'user'
where users.is_internal
