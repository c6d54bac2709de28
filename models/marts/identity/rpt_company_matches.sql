-- Every company of a CRM or billing system, and the account that it is.
{% if matches_domains() %}
select
    source_name,
    company_id,
    company_name,
    company_domain,
    domain,
    account_id,
    matched_by,
    cast(candidate_count as bigint) as candidate_count,
    candidates
from {{ ref('int_company_accounts') }}
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as source_name,
    cast(null as {{ dbt.type_string() }}) as company_id,
    cast(null as {{ dbt.type_string() }}) as company_name,
    cast(null as {{ dbt.type_string() }}) as company_domain,
    cast(null as {{ dbt.type_string() }}) as domain,
    cast(null as {{ dbt.type_string() }}) as account_id,
    cast(null as {{ dbt.type_string() }}) as matched_by,
    cast(null as bigint) as candidate_count,
    cast(null as {{ dbt.type_string() }}) as candidates
where false
{% endif %}
