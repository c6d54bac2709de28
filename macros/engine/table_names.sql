{# The names of the tables and views in a schema, in their order. #}
{% macro table_names(database, schema) %}
    {{ return(adapter.dispatch('table_names')(database, schema)) }}
{% endmacro %}

{% macro default__table_names(database, schema) %}
    {{ return(run_query(
        "select table_name from " ~ adapter.quote(database) ~ ".information_schema.tables where lower(table_schema) = "
        ~ string_literal(schema | lower) ~ " order by table_name"
    ).columns[0].values() | list) }}
{% endmacro %}

{# Here the tables of all attached databases are in one catalog. #}
{% macro duckdb__table_names(database, schema) %}
    {{ return(run_query(
        "select table_name from information_schema.tables where table_catalog = " ~ string_literal(database)
        ~ " and lower(table_schema) = " ~ string_literal(schema | lower) ~ " order by table_name"
    ).columns[0].values() | list) }}
{% endmacro %}

{% macro spark__table_names(database, schema) %}
    {{ return(run_query("show tables in " ~ schema).columns[1].values() | sort) }}
{% endmacro %}

{% macro bigquery__table_names(database, schema) %}
    {{ return(run_query(
        "select table_name from `" ~ database ~ "`.`" ~ schema ~ "`.INFORMATION_SCHEMA.TABLES order by table_name"
    ).columns[0].values() | list) }}
{% endmacro %}
