-- Sizes are given as ranges, which are no numbers of employees, and stay out.
select
    company_id as id,
    company_name as property_name,
    domain as property_domain,
    industry as property_industry,
    country as property_country,
    cast(create_date as timestamp) as property_createdate
from read_csv('hubspot_companies.csv', all_varchar = true)
