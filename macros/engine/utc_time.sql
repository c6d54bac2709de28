{# A time, mostly written as text, with or without an offset, as a timestamp in UTC; null where it cannot be read. #}
{% macro utc_time(text) %}
    {{ return(adapter.dispatch('utc_time')(text)) }}
{% endmacro %}

{# The time zone of the session is UTC (profiles.yml). #}
{% macro default__utc_time(text) %}
    {{ return("cast(try_cast(cast(" ~ text ~ " as varchar) as timestamptz) as timestamp)") }}
{% endmacro %}

{# What is a time already is not written as text to be read again. #}
{% macro duckdb__utc_time(text) %}
    {{ return("cast(try_cast(" ~ text ~ " as timestamptz) as timestamp)") }}
{% endmacro %}

{% macro spark__utc_time(text) %}
    {{ return("try_cast(cast(" ~ text ~ " as string) as timestamp)") }}
{% endmacro %}

{% macro snowflake__utc_time(text) %}
    {{ return("cast(convert_timezone('UTC', try_to_timestamp_tz(cast(" ~ text ~ " as varchar))) as timestamp_ntz)") }}
{% endmacro %}

{% macro bigquery__utc_time(text) %}
    {{ return("safe_cast(cast(" ~ text ~ " as string) as timestamp)") }}
{% endmacro %}
