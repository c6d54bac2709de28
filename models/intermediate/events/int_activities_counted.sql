-- The daily activity under every activity of the tracking plan that it belongs to, those to which every event
-- belongs too. That of internal users is left out.
select
    account_key,
    user_key,
    activity_key,
    object_value,
    event_count,
    value_count,
    value_sum,
    occurred_on,
    received_on,
    account_known_on,
    first_occurred_at,
    last_occurred_at
from {{ ref('int_activities_attributed') }}
where activity_key is not null and not is_internal

union all

select
    activities.account_key,
    activities.user_key,
    every_event.activity_key,
    cast(null as {{ dbt.type_string() }}) as object_value,
    activities.event_count,
    cast(0 as bigint) as value_count,
    cast(null as decimal(38, 9)) as value_sum,
    activities.occurred_on,
    activities.received_on,
    activities.account_known_on,
    activities.first_occurred_at,
    activities.last_occurred_at
from {{ ref('int_activities_attributed') }} as activities
cross join {{ ref('def_activities') }} as every_event
where every_event.is_every_event and activities.counts_event and not activities.is_internal
