-- depends_on: {{ ref('setting_errors') }}
-- From which limits on a definition is called too broad and the like: one row.
select
    {% for key in health_limits().whole_numbers %}
    max(case when limit_key = '{{ key }}' then cast(cast(value as decimal(18, 4)) as integer) end) as {{ key }},
    {% endfor %}
    {% for key in health_limits().shares %}
    {{ ',' if not loop.first }}
    max(case when limit_key = '{{ key }}' then cast(value as decimal(18, 4)) end) as {{ key }}
    {% endfor %}
from {{ ref('pql_health_limits') }}
