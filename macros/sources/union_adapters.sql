{#
    The rows of one table of the plain contract from every adapter that is on, with the name of the adapter.

    table: name of the table.
    columns: name and type of each column.
    key: the columns that name a row; copies from several adapters are numbered on, in the order in which
        the vars name the adapters.
#}
{% macro union_adapters(table, columns, key=none) %}
{% set adapters = adapters_of(table) %}
{% set is_renumbered = key is not none and adapters | length > 1 %}
{% if is_renumbered %}
select
    {% for column in columns if column != 'copy_number' %}
    {{ column }},
    {% endfor %}
    case
        when quarantine_reason is null then row_number() over (
            partition by {{ key | join(', ') }}, quarantine_reason
            order by source_rank, copy_number
        )
    end as copy_number,
    source_name
from (
{% endif %}
{% for adapter in adapters %}
{% if not loop.first %}

union all

{% endif %}
select
    {% for column in columns %}
    {{ column }},
    {% endfor %}
    {% if is_renumbered %}
    {{ loop.index }} as source_rank,
    {% endif %}
    '{{ adapter }}' as source_name
from {{ ref('stg_' ~ adapter ~ '__' ~ table) }}
{% else %}
{{ no_rows(dict(columns, source_name=dbt.type_string())) }}
{% endfor %}
{% if is_renumbered %}
) as every_adapter
{% endif %}
{% endmacro %}


{#
    The same for rows of an account that may name it by a company domain: a domain, a web or an e-mail
    address. It is the account whose the domain was when the row became known, see int_domain_account_history; where
    it became somebody's later, the row is known from then on. A row whose account cannot be told is quarantined
    where it needs one.

    known_on: the column with the day on which a row became known.
    needs_account: whether a row without an account is of no use.
#}
{% macro union_adapters_with_accounts(table, columns, key, known_on, needs_account=true) %}
{% if adapters_of(table) in ([], ['raw']) %}
{{ union_adapters(table, columns, key) }}
{% else %}
with unioned as (

{{ union_adapters(table, columns, key) }}

),

attributed as (

    select
        {% for column in columns if column not in ('account_id', 'quarantine_reason', 'copy_number', 'known_on') %}
        unioned.{{ column }},
        {% endfor %}
        {% if 'known_on' in columns %}
        case
            when unioned.account_id is null and accounts.settled_on > unioned.known_on then accounts.settled_on
            else unioned.known_on
        end as known_on,
        {% endif %}
        coalesce(unioned.account_id, accounts.settled_account_id) as account_id,
        {% if needs_account %}
        coalesce(
            unioned.quarantine_reason,
            case
                when unioned.account_id is not null or accounts.settled_account_id is not null then null
                when accounts.most_candidates > 1 then 'several_accounts_match'
                else 'no_account_matches'
            end
        ) as quarantine_reason,
        {% else %}
        unioned.quarantine_reason,
        {% endif %}
        unioned.copy_number as delivered_copy_number,
        unioned.source_name
    from unioned
    left join {{ ref('int_domains') }} as domains
        on {{ host_of('unioned.company_domain') }} = domains.host
    left join {{ ref('int_domain_account_history') }} as accounts
        on
            domains.domain = accounts.domain
            and accounts.valid_from <= unioned.{{ known_on }}
            and unioned.{{ known_on }} < accounts.valid_to

)

-- Copies are numbered among those of which the account can be told.
select
    {% for column in columns if column != 'copy_number' %}
    {{ column }},
    {% endfor %}
    case
        when quarantine_reason is null then row_number() over (
            partition by {{ key | join(', ') }}, quarantine_reason
            order by delivered_copy_number
        )
    end as copy_number,
    source_name
from attributed
{% endif %}
{% endmacro %}
