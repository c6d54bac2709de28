{#
    A JSON text of some columns; a column without a value is left out, so that its key does not exist.

    columns: expression by key.
#}
{% macro json_object_text(columns) %}
    {% if columns | length == 0 %}
        {{ return("cast(null as " ~ dbt.type_string() ~ ")") }}
    {% endif %}
    {{ return(adapter.dispatch('json_object_text')(columns)) }}
{% endmacro %}

{# Joining texts passes over what is null. #}
{% macro default__json_object_text(columns) %}
    {% set members = [] %}
    {% for key, expression in columns.items() %}
        {% set value = "cast(to_json(" ~ expression ~ ") as " ~ dbt.type_string() ~ ")" %}
        {% do members.append(string_literal(tojson(key) ~ ':') ~ " || " ~ value) %}
    {% endfor %}
    {{ return("'{' || concat_ws(',', " ~ members | join(", ") ~ ") || '}'") }}
{% endmacro %}

{% macro postgres__json_object_text(columns) %}
    {% set members = [] %}
    {% for key, expression in columns.items() %}
        {% do members.append(string_literal(tojson(key) ~ ':') ~ " || cast(to_jsonb(" ~ expression ~ ") as text)") %}
    {% endfor %}
    {{ return("'{' || concat_ws(',', " ~ members | join(", ") ~ ") || '}'") }}
{% endmacro %}

{% macro spark__json_object_text(columns) %}
    {{ return("to_json(named_struct(" ~ json_object_members(columns) ~ "))") }}
{% endmacro %}

{% macro snowflake__json_object_text(columns) %}
    {{ return("to_json(object_construct(" ~ json_object_members(columns) ~ "))") }}
{% endmacro %}

{% macro bigquery__json_object_text(columns) %}
    {{ return("to_json_string(json_strip_nulls(json_object(" ~ json_object_members(columns) ~ ")))") }}
{% endmacro %}

{% macro json_object_members(columns) %}
    {% set members = [] %}
    {% for key, expression in columns.items() %}
        {% do members.append(string_literal(key) ~ ", " ~ expression) %}
    {% endfor %}
    {{ return(members | join(", ")) }}
{% endmacro %}
