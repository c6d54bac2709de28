{#
    A column as it is, but null where it holds a number that is not finite: what reads a file writes NaN for an empty
    cell, which no JSON can hold.

    name: the quoted column; found_type: its type there.
#}
{% macro finite_number(name, found_type) %}
    {{ return(adapter.dispatch('finite_number')(name, found_type)) }}
{% endmacro %}

{# A warehouse has read the empty cells as null. #}
{% macro default__finite_number(name, found_type) %}
    {{ return(name) }}
{% endmacro %}

{% macro duckdb__finite_number(name, found_type) %}
    {% if found_type in ('FLOAT', 'DOUBLE') %}
        {{ return("case when isfinite(" ~ name ~ ") then " ~ name ~ " end") }}
    {% endif %}
    {{ return(name) }}
{% endmacro %}
