-- depends_on: {{ ref('health_limit_errors') }}
-- From which limits on a definition is called too broad and the like: one row.
{% set shares = health_limits().shares %}
{% set whole_numbers = health_limits().whole_numbers %}
select
    {% for key in whole_numbers %}
    max(case when limit_key = '{{ key }}' then cast(cast(value as decimal(18, 4)) as integer) end) as {{ key }},
    {% endfor %}
    {% for key in shares %}
    max(case when limit_key = '{{ key }}' then cast(value as decimal(18, 4)) end) as {{ key }}{{ "," if not loop.last }}
    {% endfor %}
from {{ ref('pql_health_limits') }}
