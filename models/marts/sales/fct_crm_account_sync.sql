{{ crm_sync('account', ref('int_crm_accounts')) }}
