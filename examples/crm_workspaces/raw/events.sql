-- The events have a day and no time: they occur at midnight. User and organisation stand on every event.
select
    event_id,
    event_name,
    cast(event_timestamp as timestamp) as occurred_at,
    user_id,
    organization_id as account_id,
    event_properties as properties
from read_csv('backend_events.csv.gz', all_varchar = true)
