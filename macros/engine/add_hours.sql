{# The time that lies `hours` (whole number) after a time. #}
{% macro add_hours(time, hours) %}
    {{ return(adapter.dispatch('add_hours')(time, hours)) }}
{% endmacro %}

{% macro default__add_hours(time, hours) %}
    {{ return("(" ~ time ~ " + " ~ hours ~ " * interval '1' hour)") }}
{% endmacro %}

{% macro snowflake__add_hours(time, hours) %}
    {{ return("dateadd(hour, " ~ hours ~ ", " ~ time ~ ")") }}
{% endmacro %}

{% macro bigquery__add_hours(time, hours) %}
    {{ return("timestamp_add(" ~ time ~ ", interval " ~ hours ~ " hour)") }}
{% endmacro %}
