{{ crm_sync('contact', ref('int_crm_contacts')) }}
