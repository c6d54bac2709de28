{{ config(enabled=var('pql_match_email_domains') or var('pql_business_sources') != ['raw']) }}
-- The domain that an account is listed with, and from which day on: that of its creation.
select
    keys.entity_key as account_key,
    domains.domain,
    accounts.created_on
from {{ ref('int_accounts_unioned') }} as accounts
inner join {{ ref('int_domains') }} as domains
    on {{ host_of('accounts.domain') }} = domains.host
inner join {{ ref('int_entity_keys') }} as keys
    on
        accounts.account_id = keys.entity_id
        and keys.entity_type = 'account'
where accounts.quarantine_reason is null and accounts.copy_number = 1
