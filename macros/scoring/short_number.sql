{# A number as text: whole where it is whole, else with one decimal. #}
{% macro short_number(column) %}
    {{ return(
        "case when " ~ column ~ " = round(" ~ column ~ ", 0)"
        ~ " then cast(cast(" ~ column ~ " as decimal(38, 0)) as " ~ dbt.type_string() ~ ")"
        ~ " else cast(cast(" ~ column ~ " as decimal(38, 1)) as " ~ dbt.type_string() ~ ") end"
    ) }}
{% endmacro %}
