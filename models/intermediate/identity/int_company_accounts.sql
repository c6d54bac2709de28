{{ config(enabled=var('pql_match_email_domains') or var('pql_business_sources') != ['raw']) }}
-- Which account a company of a CRM or billing system is: the one whose id it carries, else the one with its
-- domain.
select
    companies.source_name,
    companies.company_id,
    companies.company_name,
    companies.company_domain,
    domains.domain,
    coalesce(companies.account_id, accounts.account_id) as account_id,
    case
        when companies.account_id is not null then 'account_id'
        when accounts.account_id is not null then 'domain'
        when accounts.candidate_count > 1 then 'several_accounts'
        when companies.company_domain is null then 'no_domain'
        when domains.domain is null then 'no_company_domain'
        else 'no_account'
    end as matched_by,
    case when companies.account_id is null then coalesce(accounts.candidate_count, 0) else 1 end as candidate_count,
    coalesce(companies.account_id, accounts.candidates) as candidates,
    companies.parent_company_id,
    companies.country,
    companies.owner,
    companies.employee_count
from {{ ref('int_companies_unioned') }} as companies
left join {{ ref('int_domains') }} as domains
    on {{ host_of('companies.company_domain') }} = domains.host
left join {{ ref('int_domain_accounts') }} as accounts
    on domains.domain = accounts.domain
where companies.quarantine_reason is null and companies.copy_number = 1
