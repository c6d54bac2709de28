{#
    A query without rows; some engines refuse a condition where there is nothing to select from.

    columns: data type by name of the columns.
#}
{% macro no_rows(columns) %}
    {% set empty = [] %}
    {% for name, data_type in columns.items() %}
        {% do empty.append("cast(null as " ~ data_type ~ ") as " ~ name) %}
    {% endfor %}
    {{ return("select * from (select " ~ empty | join(", ") ~ ") as nothing where false") }}
{% endmacro %}
