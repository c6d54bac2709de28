-- The extract says in which stage a contact is, not since when: without a time it cannot be a lead.
select
    contact_id as id,
    email as property_email,
    hubspot_company_id as property_associatedcompanyid,
    lifecycle_stage as property_lifecyclestage,
    cast(create_date as timestamp) as property_createdate
from read_csv('hubspot_contacts.csv', all_varchar = true)
