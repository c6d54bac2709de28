-- Every account and user that exists, with what the scoring needs to know about it: the account whose
-- attributes and subscriptions it has, whether it is internal, and its creation day as known on the
-- as-of day.
select
    creations.entity_key,
    creations.entity_type,
    accounts.account_key,
    internal_users.user_key is not null as is_internal,
    creations.created_on
from {{ ref('int_entity_creations') }} as creations
inner join {{ ref('int_touched_entities') }} as touched
    on creations.entity_key = touched.entity_key
inner join {{ ref('int_entity_account_history') }} as accounts
    on
        creations.entity_key = accounts.entity_key
        and accounts.valid_to = date '9999-12-31'
left join {{ ref('int_internal_users') }} as internal_users
    on creations.entity_key = internal_users.user_key
where creations.valid_to = date '9999-12-31'
