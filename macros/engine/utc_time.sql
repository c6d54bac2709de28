{# A time, mostly written as text, with or without an offset, as a timestamp in UTC; null where it cannot be read. #}
{% macro utc_time(text) %}
    {{ return(adapter.dispatch('utc_time')(text)) }}
{% endmacro %}

{# The time zone of the session is UTC (profiles.yml). #}
{% macro default__utc_time(text) %}
    {{ return("cast(" ~ safe_cast_to(text, 'timestamptz') ~ " as timestamp)") }}
{% endmacro %}

{#
    What is a time already is not written as text to be read again. Its cast knows no offset behind a blank and,
    before DuckDB 2, none behind a time without seconds: only what could not be read is searched for one.
#}
{% macro duckdb__utc_time(text) %}
    {% set offset = "([+-]\\d\\d(:?\\d\\d)?|Z)\\s*$" %}
    {% set with_seconds = "regexp_replace(cast(" ~ text ~ " as varchar), '([T ]\\d\\d:\\d\\d)\\s*" ~ offset ~ "', '\\1:00\\2')" %}
    {% set in_one_piece = "regexp_replace(" ~ with_seconds ~ ", '(:[0-9.]+)\\s+" ~ offset ~ "', '\\1\\2')" %}
    {{ return(
        "coalesce(cast(try_cast(" ~ text ~ " as timestamptz) as timestamp), cast(try_cast(" ~ in_one_piece
        ~ " as timestamptz) as timestamp))"
    ) }}
{% endmacro %}

{% macro spark__utc_time(text) %}
    {{ return("try_cast(cast(" ~ text ~ " as string) as timestamp)") }}
{% endmacro %}

{% macro snowflake__utc_time(text) %}
    {{ return("cast(convert_timezone('UTC', try_to_timestamp_tz(cast(" ~ text ~ " as varchar))) as timestamp_ntz)") }}
{% endmacro %}

{# It allows no blank before an offset either. #}
{% macro bigquery__utc_time(text) %}
    {{ return(
        "safe_cast(regexp_replace(cast(" ~ text
        ~ " as string), r'(:[0-9.]+)\\s+([+-]\\d\\d(:?\\d\\d)?|Z)\\s*$', r'\\1\\2') as timestamp)"
    ) }}
{% endmacro %}


{#
    A time written as text as the text of that time in UTC, which a cast to timestamp reads; what is no time as a
    text that such a cast does not read.
#}
{% macro utc_time_text(text) %}
    {{ return(adapter.dispatch('utc_time_text')(text)) }}
{% endmacro %}

{% macro default__utc_time_text(text) %}
    {{ return("coalesce(cast(" ~ utc_time(text) ~ " as " ~ dbt.type_string() ~ "), " ~ text ~ ")") }}
{% endmacro %}

{# Its cast to timestamp passes over a word behind a time (`10:00:00 PM`): such a text stands in quotation marks. #}
{% macro duckdb__utc_time_text(text) %}
    {{ return(
        "coalesce(cast(" ~ utc_time(text) ~ " as varchar), case when try_cast(" ~ text ~ " as timestamp) is null then "
        ~ text ~ " else '\"' || " ~ text ~ " || '\"' end)"
    ) }}
{% endmacro %}
