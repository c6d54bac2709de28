{#
    The text of a JSON object.

    members: the expression of each member by its name.
#}
{% macro json_object_text(members) %}
    {{ return(adapter.dispatch('json_object_text')(members)) }}
{% endmacro %}

{% macro default__json_object_text(members) %}
    {% set parts = [] %}
    {% for name, expression in members.items() %}
        {% do parts.append(string_literal(name) ~ ", " ~ expression) %}
    {% endfor %}
    {{ return("cast(json_object(" ~ parts | join(", ") ~ ") as varchar)") }}
{% endmacro %}

{% macro postgres__json_object_text(members) %}
    {% set parts = [] %}
    {% for name, expression in members.items() %}
        {% do parts.append(string_literal(name) ~ ", " ~ expression) %}
    {% endfor %}
    {{ return("cast(jsonb_build_object(" ~ parts | join(", ") ~ ") as varchar)") }}
{% endmacro %}

{% macro spark__json_object_text(members) %}
    {% set parts = [] %}
    {% for name, expression in members.items() %}
        {% do parts.append(string_literal(name) ~ ", " ~ expression) %}
    {% endfor %}
    {{ return("to_json(named_struct(" ~ parts | join(", ") ~ "))") }}
{% endmacro %}

{% macro snowflake__json_object_text(members) %}
    {% set parts = [] %}
    {% for name, expression in members.items() %}
        {% do parts.append(string_literal(name) ~ ", " ~ expression) %}
    {% endfor %}
    {{ return("to_json(object_construct(" ~ parts | join(", ") ~ "))") }}
{% endmacro %}

{% macro bigquery__json_object_text(members) %}
    {% set parts = [] %}
    {% for name, expression in members.items() %}
        {% do parts.append(string_literal(name) ~ ", " ~ expression) %}
    {% endfor %}
    {{ return("to_json_string(json_object(" ~ parts | join(", ") ~ "))") }}
{% endmacro %}
