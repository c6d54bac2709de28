{#
    Ends the run when the database has the name of one of its schemas, which DuckDB could then not tell apart. The
    database is named after its file.
#}
{% macro check_database_name() %}
    {% if execute and target.type == 'duckdb' %}
        {% set nodes = (graph.nodes.values() | list) + (graph.sources.values() | list) %}
        {% if target.database | lower in nodes | map(attribute='schema') | map('lower') %}
            {% do exceptions.raise_compiler_error(
                "PQL_DUCKDB_PATH is " ~ target.path ~ ": the database would be called '" ~ target.database
                ~ "' like one of its schemas. Give the file another name; nothing was read or changed."
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}
