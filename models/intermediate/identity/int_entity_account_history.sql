-- The account of each entity on each day, as known on that day: an account is its own. Gap-free.
with known as (

    select
        user_key,
        account_key,
        greatest(valid_from, known_from) as valid_from,
        least(valid_to, known_to) as valid_to,
        attributable_from
    from {{ ref('int_user_accounts') }}

)

select
    user_key as entity_key,
    account_key,
    valid_from,
    valid_to
from known
where valid_from < valid_to

union all

select distinct
    user_key as entity_key,
    cast(null as integer) as account_key,
    date '0001-01-01' as valid_from,
    attributable_from as valid_to
from known
where attributable_from > date '0001-01-01'

union all

select
    keys.entity_key,
    case when keys.entity_type = 'account' then keys.entity_key end as account_key,
    date '0001-01-01' as valid_from,
    date '9999-12-31' as valid_to
from {{ ref('int_entity_keys') }} as keys
left join {{ ref('int_user_accounts') }} as accounts
    on keys.entity_key = accounts.user_key
where keys.entity_type in ('account', 'user') and accounts.user_key is null
