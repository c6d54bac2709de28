{#
    Bounds of the 95 % interval of the difference of two independent rates, a minus b: the hybrid score interval
    of Newcombe (1998, method 10), made of the Wilson intervals of the rates. Null without a trial on either side.

    successes_a, trials_a, successes_b, trials_b: whole numbers.
#}
{% macro rate_difference_low(successes_a, trials_a, successes_b, trials_b) %}
    {{ return(newcombe_bound(successes_a, trials_a, successes_b, trials_b, '-')) }}
{% endmacro %}

{% macro rate_difference_high(successes_a, trials_a, successes_b, trials_b) %}
    {{ return(newcombe_bound(successes_a, trials_a, successes_b, trials_b, '+')) }}
{% endmacro %}

{% macro newcombe_bound(successes_a, trials_a, successes_b, trials_b, sign) %}
    {% set a = "(cast(" ~ successes_a ~ " as " ~ type_double() ~ ") / cast(" ~ trials_a ~ " as " ~ type_double() ~ "))" %}
    {% set b = "(cast(" ~ successes_b ~ " as " ~ type_double() ~ ") / cast(" ~ trials_b ~ " as " ~ type_double() ~ "))" %}
    {% set bound_a = rate_interval_low(successes_a, trials_a) if sign == '-' else rate_interval_high(successes_a, trials_a) %}
    {% set bound_b = rate_interval_high(successes_b, trials_b) if sign == '-' else rate_interval_low(successes_b, trials_b) %}
    {{ return(
        "case when " ~ trials_a ~ " > 0 and " ~ trials_b ~ " > 0 then " ~ a ~ " - " ~ b ~ " " ~ sign
        ~ " sqrt(power(" ~ a ~ " - " ~ bound_a ~ ", 2) + power(" ~ bound_b ~ " - " ~ b ~ ", 2)) end"
    ) }}
{% endmacro %}
