{#
    Bounds of the 95 % Wilson score interval of a rate; null without a trial.

    successes, trials: whole numbers.
#}
{% macro rate_interval_low(successes, trials) %}
    {{ return(wilson_bound(successes, trials, '-')) }}
{% endmacro %}

{% macro rate_interval_high(successes, trials) %}
    {{ return(wilson_bound(successes, trials, '+')) }}
{% endmacro %}

{% macro wilson_bound(successes, trials, sign) %}
    {% set z = 1.959963984540054 %}
    {% set n = "cast(" ~ trials ~ " as double)" %}
    {% set p = "(cast(" ~ successes ~ " as double) / " ~ n ~ ")" %}
    {% set bound = "(" ~ p ~ " + " ~ (z * z / 2) ~ " / " ~ n ~ " " ~ sign ~ " " ~ z ~ " * sqrt(" ~ p ~ " * (1 - " ~ p
        ~ ") / " ~ n ~ " + " ~ (z * z / 4) ~ " / (" ~ n ~ " * " ~ n ~ "))) / (1 + " ~ (z * z) ~ " / " ~ n ~ ")" %}
    {% set limited = "greatest(cast(0 as double), " ~ bound ~ ")" if sign == '-'
        else "least(cast(1 as double), " ~ bound ~ ")" %}
    {{ return("case when " ~ trials ~ " > 0 then " ~ limited ~ " end") }}
{% endmacro %}
