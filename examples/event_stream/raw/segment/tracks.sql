-- The rows as they are; what is missing in such a table (its properties) stands in the event table.
select * exclude (device_id, device_name, invoice_cost, invoice_date, shopify_customer_id, subscription_type)
from read_csv('TRACKS.csv', all_varchar = true)
