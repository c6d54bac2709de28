{# Cast that gives null where the value cannot be read as the type. #}
{% macro safe_cast_to(expression, data_type) %}
    {{ return(adapter.dispatch('safe_cast_to')(expression, data_type)) }}
{% endmacro %}

{% macro default__safe_cast_to(expression, data_type) %}
    {{ return("try_cast(" ~ expression ~ " as " ~ data_type ~ ")") }}
{% endmacro %}

{# It has no cast that gives null, but says what could be cast (from release 16 on). #}
{% macro postgres__safe_cast_to(expression, data_type) %}
    {% set text = "cast(" ~ expression ~ " as text)" %}
    {{ return(
        "case when pg_input_is_valid(" ~ text ~ ", '" ~ data_type ~ "') then cast(" ~ text ~ " as " ~ data_type ~ ") end"
    ) }}
{% endmacro %}

{# It tries to cast texts only. #}
{% macro snowflake__safe_cast_to(expression, data_type) %}
    {{ return("try_cast(cast(" ~ expression ~ " as varchar) as " ~ data_type ~ ")") }}
{% endmacro %}

{% macro bigquery__safe_cast_to(expression, data_type) %}
    {{ return("safe_cast(" ~ expression ~ " as " ~ data_type ~ ")") }}
{% endmacro %}
