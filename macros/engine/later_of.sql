{# The later of two times; a missing one does not count. `greatest` treats null differently among engines. #}
{% macro later_of(one, other) %}
    {{ return("case when " ~ one ~ " >= " ~ other ~ " or " ~ other ~ " is null then " ~ one ~ " else " ~ other ~ " end") }}
{% endmacro %}
