-- The usable accounts, each once; what is not listed of an account is that of its company in the CRM.
{% set has_companies = matches_domains() and adapters_of('companies') | length > 0 %}
with listed as (

    select
        account_id,
        parent_account_id,
        account_name,
        domain,
        plan,
        acquisition_channel,
        country,
        employee_count,
        created_on
    from {{ ref('int_accounts_unioned') }}
    where quarantine_reason is null and copy_number = 1

)
{% if has_companies %}
,

-- Of several companies of one account none is preferred.
companies as (

    select
        account_id,
        min(company_name) as company_name,
        min(domain) as domain,
        min(country) as country,
        min(employee_count) as employee_count,
        min(parent_company_id) as parent_company_id,
        min(source_name) as source_name
    from {{ ref('int_company_accounts') }}
    where account_id is not null
    group by account_id
    having count(*) = 1

)

select
    listed.account_id,
    coalesce(listed.parent_account_id, parents.account_id) as parent_account_id,
    coalesce(listed.account_name, companies.company_name) as account_name,
    coalesce(listed.domain, companies.domain) as domain,
    listed.plan,
    listed.acquisition_channel,
    coalesce(listed.country, companies.country) as country,
    coalesce(listed.employee_count, companies.employee_count) as employee_count,
    listed.created_on
from listed
left join companies
    on listed.account_id = companies.account_id
left join {{ ref('int_company_accounts') }} as parents
    on
        companies.parent_company_id = parents.company_id
        and companies.source_name = parents.source_name
{% else %}

select *
from listed
{% endif %}
