-- The usable users, each once.
select
    user_id,
    account_id,
    email,
    {% if var('pql_internal_email_domains') %}
    case
        when is_internal then true
        {% for domain in var('pql_internal_email_domains') %}
        when lower(email) like {{ string_literal('%@' ~ (domain | lower)) }} then true
        {% endfor %}
        else false
    end as is_internal,
    {% else %}
    is_internal,
    {% endif %}
    created_on
from {{ ref('int_users_unioned') }}
where quarantine_reason is null and copy_number = 1
