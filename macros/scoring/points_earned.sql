{#
    Points that a weight gives for a value of its signal, as decimal(18, 4): the fixed points while the
    condition holds, or the points per unit, capped in magnitude.

    is_met, signal_value: condition and value of the signal.
    weights: alias of def_weights.
#}
{% macro points_earned(is_met, signal_value, weights) %}
    {# As floating point first: what is far above the cap may be too large to be multiplied exactly. #}
    {% set points = "cast(" ~ weights ~ ".points_per_unit as " ~ type_double() ~ ")" %}
    {% set about = points ~ " * cast(" ~ signal_value ~ " as " ~ type_double() ~ ")" %}
    {# Points per unit are long decimals, which cost: only where there are any. #}
    case
        when not {{ is_met }} then cast(0 as decimal(18, 4))
        when {{ weights }}.points_per_unit is null then cast({{ weights }}.points as decimal(18, 4))
        when {{ about }} > 2 * {{ weights }}.max_points then {{ weights }}.max_points
        when {{ about }} < -2 * {{ weights }}.max_points then -{{ weights }}.max_points
        else
            cast(
                greatest(
                    least({{ weights }}.points_per_unit * {{ signal_value }}, {{ weights }}.max_points),
                    -{{ weights }}.max_points
                ) as decimal(18, 4)
            )
    end
{% endmacro %}
