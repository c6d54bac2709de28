{# The earlier of two times; a missing one does not count. `least` treats null differently among engines. #}
{% macro earlier_of(one, other) %}
    {{ return("case when " ~ one ~ " <= " ~ other ~ " or " ~ other ~ " is null then " ~ one ~ " else " ~ other ~ " end") }}
{% endmacro %}
