{#
    Makes the tables of a source that the project itself writes to, with the columns that are declared; those that are
    there stay as they are. Returns the relations.
#}
{% macro create_source_tables(source_name) %}
    {% set relations = [] %}
    {% for node in graph.sources.values() if node.source_name == source_name %}
        {% set columns = [] %}
        {% for column in node.columns.values() %}
            {% do columns.append(column.name ~ ' ' ~ column.data_type) %}
        {% endfor %}
        {% set relation = api.Relation.create(node.database, node.schema, node.identifier) %}
        {% do run_query("create schema if not exists " ~ relation.without_identifier()) %}
        {% do run_query("create table if not exists " ~ relation ~ " (" ~ columns | join(', ') ~ ")") %}
        {% do relations.append(relation) %}
    {% endfor %}
    {{ return(relations) }}
{% endmacro %}
