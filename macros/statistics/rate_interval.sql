{#
    Bounds of the Wilson score interval (95 %) of a rate: Wilson (1927), without continuity correction; null
    without trials. It stays between 0 and 1 and holds its coverage for few trials, where the usual normal
    interval does not.

    successes, trials: whole numbers, 0 <= successes <= trials.
#}
{% macro rate_interval_low(successes, trials) %}
    {{ return(wilson_bound(successes, trials, '-', 0)) }}
{% endmacro %}

{% macro rate_interval_high(successes, trials) %}
    {{ return(wilson_bound(successes, trials, '+', 1)) }}
{% endmacro %}

{#
    Centre and half width of the interval, with z the quantile of the normal distribution and z2 its square.
    A rate at the end of the scale is its own bound: there the roots would leave the residue of a rounding.
#}
{% macro wilson_bound(successes, trials, sign, end) %}
    {% set z = normal_quantile() %}
    {% set z2 = z * z %}
    {% set s = "cast(" ~ successes ~ " as " ~ type_double() ~ ")" %}
    {% set n = "cast(nullif(" ~ trials ~ ", 0) as " ~ type_double() ~ ")" %}
    {{ return(
        "case when " ~ trials ~ " > 0 and " ~ successes ~ " = " ~ ("0" if end == 0 else trials)
        ~ " then cast(" ~ end ~ " as " ~ type_double() ~ ")"
        ~ " else (" ~ s ~ " + " ~ (z2 / 2) ~ " " ~ sign ~ " " ~ z
        ~ " * sqrt(" ~ s ~ " * (" ~ n ~ " - " ~ s ~ ") / " ~ n ~ " + " ~ (z2 / 4) ~ ")) / (" ~ n ~ " + " ~ z2 ~ ") end"
    ) }}
{% endmacro %}
