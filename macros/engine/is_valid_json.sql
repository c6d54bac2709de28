{# Whether a text is JSON. #}
{% macro is_valid_json(text) %}
    {{ return(adapter.dispatch('is_valid_json')(text)) }}
{% endmacro %}

{% macro default__is_valid_json(text) %}
    {{ return("json_valid(" ~ text ~ ")") }}
{% endmacro %}

{% macro postgres__is_valid_json(text) %}
    {{ return("(" ~ text ~ " is json)") }}
{% endmacro %}

{% macro spark__is_valid_json(text) %}
    {{ return("(try_parse_json(" ~ text ~ ") is not null)") }}
{% endmacro %}

{% macro snowflake__is_valid_json(text) %}
    {{ return("(check_json(" ~ text ~ ") is null)") }}
{% endmacro %}

{% macro bigquery__is_valid_json(text) %}
    {{ return("(safe.parse_json(" ~ text ~ ") is not null)") }}
{% endmacro %}
