-- Every account and user, with what the scoring needs to know about it: the account whose attributes
-- and subscriptions it has, whether it is internal, and its creation day as known on the as-of day.
with creations as (

    select
        entity_type,
        entity_id,
        created_on
    from {{ ref('int_entity_creations') }}
    where valid_to = date '9999-12-31'

)

select
    creations.entity_type,
    creations.entity_id,
    case creations.entity_type
        when 'account' then creations.entity_id
        else users.account_id
    end as account_id,
    coalesce(users.is_internal, false) as is_internal,
    creations.created_on
from creations
left join {{ ref('int_users') }} as users
    on
        creations.entity_type = 'user'
        and creations.entity_id = users.user_id
