{#
    A time, of any type, as a timestamp in UTC where the project would take it for one; else null. For what
    is optional in a source, such as a trait: a wrong one is as good as none.
#}
{% macro plausible_time(expression) %}
    {% set time = utc_time(expression) %}
    {{ return(
        "case when " ~ time ~ " >= timestamp '2000-01-01 00:00:00' and cast(" ~ time ~ " as date) <= "
        ~ latest_plausible_on() ~ " then " ~ time ~ " end"
    ) }}
{% endmacro %}
