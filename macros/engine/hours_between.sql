{# Hours from one timestamp to a later one, with fractions. #}
{% macro hours_between(from_time, to_time) %}
    {{ return(adapter.dispatch('hours_between')(from_time, to_time)) }}
{% endmacro %}

{% macro default__hours_between(from_time, to_time) %}
    {{ return("(cast(extract(epoch from (" ~ to_time ~ " - " ~ from_time ~ ")) as " ~ type_double() ~ ") / 3600)") }}
{% endmacro %}

{% macro spark__hours_between(from_time, to_time) %}
    {{ return("(timestampdiff(microsecond, " ~ from_time ~ ", " ~ to_time ~ ") / 3600000000)") }}
{% endmacro %}

{% macro snowflake__hours_between(from_time, to_time) %}
    {{ return("(datediff(microsecond, " ~ from_time ~ ", " ~ to_time ~ ") / 3600000000)") }}
{% endmacro %}

{% macro bigquery__hours_between(from_time, to_time) %}
    {{ return("(timestamp_diff(" ~ to_time ~ ", " ~ from_time ~ ", microsecond) / 3600000000)") }}
{% endmacro %}
