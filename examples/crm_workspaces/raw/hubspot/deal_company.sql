select
    deal_id,
    hubspot_company_id as company_id
from read_csv('hubspot_deals.csv', all_varchar = true)
where hubspot_company_id is not null
