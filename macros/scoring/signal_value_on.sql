{#
    The value of a signal on a day within an interval of its history, which holds that of its first day: what counts
    days goes on growing, and something may have happened that left the condition as it was.

    day: the day.
    value: the value of the interval; beside it the row of int_age_history of the entity, the signal and the day, as `ages`.
#}
{% macro signal_value_on(day, value) %}
    {{ return("coalesce(cast(" ~ days_between("ages.since_on", day) ~ " as decimal(38, 9)), " ~ value ~ ")") }}
{% endmacro %}
