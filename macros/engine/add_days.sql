{# The date that lies `days` (whole number) after a date. #}
{% macro add_days(date, days) %}
    {{ return(adapter.dispatch('add_days')(date, days)) }}
{% endmacro %}

{% macro default__add_days(date, days) %}
    {{ return("(" ~ date ~ " + cast(" ~ days ~ " as integer))") }}
{% endmacro %}

{% macro spark__add_days(date, days) %}
    {{ return("date_add(" ~ date ~ ", cast(" ~ days ~ " as int))") }}
{% endmacro %}

{% macro snowflake__add_days(date, days) %}
    {{ return("dateadd(day, " ~ days ~ ", " ~ date ~ ")") }}
{% endmacro %}

{% macro bigquery__add_days(date, days) %}
    {{ return("date_add(" ~ date ~ ", interval cast(" ~ days ~ " as int64) day)") }}
{% endmacro %}
