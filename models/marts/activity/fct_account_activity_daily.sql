select
    accounts.entity_id as account_id,
    activities.activity_date,
    activities.active_users,
    activities.event_count,
    activities.activities
from {{ ref('int_account_activity_daily') }} as activities
inner join {{ ref('int_entity_keys') }} as accounts
    on activities.entity_key = accounts.entity_key
