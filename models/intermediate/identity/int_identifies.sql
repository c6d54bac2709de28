-- The identify calls that are known: this anonymous id is this user.
select
    user_id,
    anonymous_id,
    {{ identity_known_on() }} as known_on
from {{ ref('int_identifies_unioned') }}
where {{ is_known_identity() }}
