-- Users, accounts and paid subscriptions that came, went or changed since the last completed build.
select
    coalesce(present.row_kind, held.row_kind) as row_kind,
    coalesce(present.row_id, held.row_id) as row_id,
    present.account_id,
    held.account_id as held_account_id
from {{ ref('int_entity_rows') }} as present
full outer join {{ source('builds', 'last_entity_rows') }} as held
    on
        present.row_kind = held.row_kind
        and present.row_id = held.row_id
where
    present.row_hash is null
    or held.row_hash is null
    or present.row_hash <> held.row_hash
