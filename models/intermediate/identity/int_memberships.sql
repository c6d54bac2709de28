-- The memberships that are known: this user belongs to this account since then.
select
    user_id,
    account_id,
    valid_from,
    -- An end beyond all days, such as infinity, is none.
    case when valid_to < timestamp '9999-12-31 00:00:00' then valid_to end as valid_to,
    {{ identity_known_on() }} as known_on
from {{ ref('int_memberships_unioned') }}
where {{ is_known_identity() }}
