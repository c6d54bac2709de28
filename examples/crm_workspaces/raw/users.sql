-- A user is created with its e-mail address, by whose domain its organisation is found in the CRM.
select
    json_extract_string(event_properties, '$.user.id') as user_id,
    json_extract_string(event_properties, '$.organization.id') as account_id,
    json_extract_string(event_properties, '$.user.email') as email,
    cast(event_timestamp as timestamp) as created_at
from read_csv('backend_events.csv.gz', all_varchar = true)
where event_name = 'UserCreated'
