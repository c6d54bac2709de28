{# The UTC timestamp of a whole number of milliseconds since 1970-01-01. #}
{% macro timestamp_of_milliseconds(milliseconds) %}
    {{ return(adapter.dispatch('timestamp_of_milliseconds')(milliseconds)) }}
{% endmacro %}

{% macro default__timestamp_of_milliseconds(milliseconds) %}
    {{ return("make_timestamp(cast(" ~ milliseconds ~ " as bigint) * 1000)") }}
{% endmacro %}

{% macro postgres__timestamp_of_milliseconds(milliseconds) %}
    {{ return("(to_timestamp(" ~ milliseconds ~ " / 1000.0) at time zone 'UTC')") }}
{% endmacro %}

{% macro spark__timestamp_of_milliseconds(milliseconds) %}
    {{ return("timestamp_millis(" ~ milliseconds ~ ")") }}
{% endmacro %}

{% macro snowflake__timestamp_of_milliseconds(milliseconds) %}
    {{ return("to_timestamp_ntz(" ~ milliseconds ~ ", 3)") }}
{% endmacro %}

{% macro bigquery__timestamp_of_milliseconds(milliseconds) %}
    {{ return("timestamp_millis(" ~ milliseconds ~ ")") }}
{% endmacro %}
