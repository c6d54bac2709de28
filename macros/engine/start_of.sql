{#
    The first day of the week (a Monday) or month of a date.

    period: 'week' or 'month'.
#}
{% macro start_of(period, date) %}
    {{ return(adapter.dispatch('start_of')(period, date)) }}
{% endmacro %}

{% macro default__start_of(period, date) %}
    {{ return("cast(date_trunc('" ~ period ~ "', " ~ date ~ ") as date)") }}
{% endmacro %}

{# Weeks of Snowflake begin on the day that a parameter of the session says. #}
{% macro snowflake__start_of(period, date) %}
    {% if period == 'week' %}
        {{ return("dateadd(day, 1 - dayofweekiso(" ~ date ~ "), " ~ date ~ ")") }}
    {% endif %}
    {{ return("date_trunc('" ~ period ~ "', " ~ date ~ ")") }}
{% endmacro %}

{% macro bigquery__start_of(period, date) %}
    {{ return("date_trunc(" ~ date ~ ", " ~ ('isoweek' if period == 'week' else period) ~ ")") }}
{% endmacro %}
