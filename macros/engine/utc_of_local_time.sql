{#
    The UTC time of a timestamp that says the time of day in a time zone.

    time_zone: name such as `America/New_York`; with `UTC` nothing is converted.
#}
{% macro utc_of_local_time(timestamp, time_zone) %}
    {{ return(
        timestamp if time_zone == 'UTC' else adapter.dispatch('utc_of_local_time')(timestamp, string_literal(time_zone))
    ) }}
{% endmacro %}

{% macro default__utc_of_local_time(timestamp, time_zone) %}
    {{ return("(" ~ timestamp ~ " at time zone " ~ time_zone ~ " at time zone 'UTC')") }}
{% endmacro %}

{% macro spark__utc_of_local_time(timestamp, time_zone) %}
    {{ return("to_utc_timestamp(" ~ timestamp ~ ", " ~ time_zone ~ ")") }}
{% endmacro %}

{% macro snowflake__utc_of_local_time(timestamp, time_zone) %}
    {{ return("convert_timezone(" ~ time_zone ~ ", 'UTC', " ~ timestamp ~ ")") }}
{% endmacro %}

{% macro bigquery__utc_of_local_time(timestamp, time_zone) %}
    {{ return("timestamp(datetime(" ~ timestamp ~ "), " ~ time_zone ~ ")") }}
{% endmacro %}
