-- Every account and user that exists, with what the scoring needs to know about it: the account whose
-- attributes and subscriptions it has, whether it is internal, and its creation day as known on the
-- as-of day.
select
    creations.entity_key,
    creations.entity_type,
    case creations.entity_type
        when 'account' then creations.entity_key
        else users.account_key
    end as account_key,
    coalesce(users.is_internal, false) as is_internal,
    creations.created_on
from {{ ref('int_entity_creations') }} as creations
inner join {{ ref('int_touched_entities') }} as touched
    on creations.entity_key = touched.entity_key
left join {{ ref('int_user_accounts') }} as users
    on creations.entity_key = users.user_key
where creations.valid_to = date '9999-12-31'
