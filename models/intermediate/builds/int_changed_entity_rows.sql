-- Users, accounts, paid subscriptions and facts about identities that came, went or changed since the last
-- completed build.
select
    coalesce(present.row_kind, held.row_kind) as row_kind,
    coalesce(present.row_id, held.row_id) as row_id,
    coalesce(present.user_id, held.user_id) as user_id,
    present.account_id,
    held.account_id as held_account_id,
    held.row_id is not null as was_held,
    -- From which day on a new row makes a difference; null: from the first.
    case when held.row_id is null then present.known_on end as known_on
from {{ ref('int_entity_rows') }} as present
full outer join {{ source('builds', 'last_entity_rows') }} as held
    on
        present.row_kind = held.row_kind
        and present.row_id = held.row_id
where
    present.row_hash is null
    or held.row_hash is null
    or present.row_hash <> held.row_hash
