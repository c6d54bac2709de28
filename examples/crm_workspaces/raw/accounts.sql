-- The product knows neither name nor domain of an organisation: both come from the CRM.
select
    json_extract_string(event_properties, '$.organization.id') as account_id,
    min(cast(event_timestamp as timestamp)) as created_at
from read_csv('backend_events.csv.gz', all_varchar = true)
where event_name = 'OrganizationCreated'
group by account_id
