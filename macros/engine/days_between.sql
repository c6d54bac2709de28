{# Whole days from one date to a later one. #}
{% macro days_between(from_date, to_date) %}
    {{ return(adapter.dispatch('days_between')(from_date, to_date)) }}
{% endmacro %}

{% macro default__days_between(from_date, to_date) %}
    {{ return("(" ~ to_date ~ " - " ~ from_date ~ ")") }}
{% endmacro %}

{% macro spark__days_between(from_date, to_date) %}
    {{ return("datediff(" ~ to_date ~ ", " ~ from_date ~ ")") }}
{% endmacro %}

{% macro snowflake__days_between(from_date, to_date) %}
    {{ return("datediff(day, " ~ from_date ~ ", " ~ to_date ~ ")") }}
{% endmacro %}

{% macro bigquery__days_between(from_date, to_date) %}
    {{ return("date_diff(" ~ to_date ~ ", " ~ from_date ~ ", day)") }}
{% endmacro %}
