{# Cast that gives null where the value cannot be read as the type. #}
{% macro safe_cast_to(expression, data_type) %}
    {{ return(adapter.dispatch('safe_cast_to')(expression, data_type)) }}
{% endmacro %}

{% macro default__safe_cast_to(expression, data_type) %}
    {{ return("try_cast(" ~ expression ~ " as " ~ data_type ~ ")") }}
{% endmacro %}

{% macro bigquery__safe_cast_to(expression, data_type) %}
    {{ return("safe_cast(" ~ expression ~ " as " ~ data_type ~ ")") }}
{% endmacro %}
