{#
    Points that a weight gives for a value of its signal, as decimal(18, 4): the fixed points while the
    condition holds, or the points per unit, capped in magnitude. No weight gives more than 10^12.

    is_met, signal_value: condition and value of the signal.
    weights: alias of def_weights.
#}
{% macro points_earned(is_met, signal_value, weights) %}
    {% set cap = "cast(coalesce(" ~ weights ~ ".max_points, 1000000000000) as decimal(18, 4))" %}
    {# Too large to be multiplied exactly is what is far above every cap as floating point. #}
    {% set about = "cast(" ~ weights ~ ".points_per_unit as double) * cast(" ~ signal_value ~ " as double)" %}
    {# Points per unit are long decimals, which cost: only where there are any. #}
    case
        when not {{ is_met }} then cast(0 as decimal(18, 4))
        when {{ weights }}.points_per_unit is null then cast({{ weights }}.points as decimal(18, 4))
        when {{ about }} > 2000000000000 then {{ cap }}
        when {{ about }} < -2000000000000 then -{{ cap }}
        else
            cast(
                case
                    when {{ weights }}.points_per_unit * {{ signal_value }} > {{ cap }}
                        then {{ cap }}
                    when {{ weights }}.points_per_unit * {{ signal_value }} < -{{ cap }}
                        then -{{ cap }}
                    else {{ weights }}.points_per_unit * {{ signal_value }}
                end as decimal(18, 4)
            )
    end
{% endmacro %}
