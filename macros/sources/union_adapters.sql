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
select
    {% for column, data_type in columns.items() %}
    cast(null as {{ data_type }}) as {{ column }},
    {% endfor %}
    cast(null as varchar) as source_name
where false
{% endfor %}
{% if is_renumbered %}
) as every_adapter
{% endif %}
{% endmacro %}
