{#
    A table of a source with the columns that the source declares: what is absent is null, what goes by
    another name (meta `also_named`) has the declared one. On DuckDB the hook register_source_tables has
    made views that are so; elsewhere the columns are looked up where the table is.
#}
{% macro from_source(source_name, table) %}
    {{ return(adapter.dispatch('from_source')(source_name, table)) }}
{% endmacro %}

{% macro duckdb__from_source(source_name, table) %}
    {{ return(source(source_name, table)) }}
{% endmacro %}

{% macro default__from_source(source_name, table) %}
    {% set relation = source(source_name, table) %}
    {% if not execute %}
        {{ return(relation) }}
    {% endif %}
    {% set node = graph.sources['source.' ~ project_name ~ '.' ~ source_name ~ '.' ~ table] %}
    {% set there = adapter.get_relation(node.database, node.schema, node.identifier) %}
    {% set found = {} %}
    {% if there is not none %}
        {% for column in adapter.get_columns_in_relation(there) %}
            {% do found.update({column.name | lower: column}) %}
        {% endfor %}
    {% endif %}
    {% set selected = [] %}
    {% for name, expression in declared_columns(node.columns, found).items() %}
        {% do selected.append(expression ~ " as " ~ name) %}
    {% endfor %}
    {{ return(
        "(select " ~ selected | join(", ") ~ (" from " ~ relation if there is not none else " where false") ~ ")"
    ) }}
{% endmacro %}
