{#
    Whether a value meets `operator value`: compared as numbers when both sides are numbers, else `=`
    and `!=` as text, and the ordered operators are false. A missing value meets no operator.

    text_value, number_value: the value as text and, where it is one, as a number.
    operator: column that holds the operator.
    text_limit, number_limit: what it is compared with, as text and as a number.
#}
{% macro condition_holds(text_value, number_value, operator, text_limit, number_limit) %}
    case
        when {{ text_value }} is null then false
        when {{ number_value }} is not null and {{ number_limit }} is not null then
            case {{ operator }}
                when '=' then {{ number_value }} = {{ number_limit }}
                when '!=' then {{ number_value }} <> {{ number_limit }}
                when '>=' then {{ number_value }} >= {{ number_limit }}
                when '>' then {{ number_value }} > {{ number_limit }}
                when '<=' then {{ number_value }} <= {{ number_limit }}
                when '<' then {{ number_value }} < {{ number_limit }}
                else false
            end
        when {{ operator }} = '=' then {{ text_value }} = {{ text_limit }}
        when {{ operator }} = '!=' then {{ text_value }} <> {{ text_limit }}
        else false
    end
{% endmacro %}
