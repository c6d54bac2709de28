-- The usable users, each once.
select
    user_id,
    account_id,
    email,
    is_internal
    {%- for domain in var('pql_internal_email_domains') %}
    or coalesce(lower(email) like {{ string_literal('%@' ~ (domain | lower)) }}, false)
    {%- endfor %} as is_internal,
    created_on,
    created_at
from {{ ref('int_users_unioned') }}
where quarantine_reason is null and copy_number = 1
