{# Schemas are named as the folders say (`staging`, `marts`, ...), without the target's prefix. #}
{% macro generate_schema_name(custom_schema_name, node) %}
    {{ return(target.schema if custom_schema_name is none else custom_schema_name | trim) }}
{% endmacro %}
