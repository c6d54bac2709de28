{# A number as text: whole where it is whole, else with one decimal. #}
{% macro short_number(column) %}
    {{ return(
        "case when " ~ column ~ " = round(" ~ column ~ ", 0) then cast(cast(" ~ column ~ " as bigint) as varchar)"
        ~ " else cast(cast(" ~ column ~ " as decimal(18, 1)) as varchar) end"
    ) }}
{% endmacro %}
