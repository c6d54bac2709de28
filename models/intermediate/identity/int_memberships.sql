-- The memberships that are known: this user belongs to this account since then.
select
    user_id,
    account_id,
    valid_from,
    valid_to,
    {{ identity_known_on() }} as known_on
from {{ ref('int_memberships_unioned') }}
where {{ is_known_identity() }}
