-- Every account and user that exists, as on the as-of day: the account whose attributes and subscriptions it
-- has, whether it is internal, and its creation day.
select
    creations.entity_key,
    creations.entity_type,
    accounts.account_key,
    internal_users.user_key is not null as is_internal,
    creations.created_on
from {{ ref('int_entity_creations') }} as creations
cross join {{ ref('int_as_of') }} as as_of
inner join {{ ref('int_entity_account_history') }} as accounts
    on
        creations.entity_key = accounts.entity_key
        and accounts.valid_from <= as_of.as_of_on
        and as_of.as_of_on < accounts.valid_to
left join {{ ref('int_internal_users') }} as internal_users
    on creations.entity_key = internal_users.user_key
where creations.valid_to = date '9999-12-31'
