-- The merges that are known: this user or account is now that one.
select
    entity_type,
    merged_id,
    canonical_id,
    {{ identity_known_on() }} as known_on
from {{ ref('int_merges_unioned') }}
where {{ is_known_identity() }}
