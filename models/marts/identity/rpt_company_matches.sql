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
{% set text = dbt.type_string() %}
{{ no_rows({
    'source_name': text, 'company_id': text, 'company_name': text, 'company_domain': text, 'domain': text,
    'account_id': text, 'matched_by': text, 'candidate_count': 'bigint', 'candidates': text,
}) }}
{% endif %}
