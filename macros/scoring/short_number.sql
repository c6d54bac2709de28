{# A number as text, with no more decimals than it takes, and no more than are asked for. #}
{% macro short_number(column, decimals=1) %}
    {% set written = [] %}
    {% for places in range(decimals) %}
        {% do written.append(
            "when " ~ column ~ " = round(" ~ column ~ ", " ~ places ~ ") then cast(cast(" ~ column ~ " as decimal(38, "
            ~ places ~ ")) as " ~ dbt.type_string() ~ ")"
        ) %}
    {% endfor %}
    {{ return(
        "case " ~ written | join(" ") ~ " else cast(cast(" ~ column ~ " as decimal(38, " ~ decimals ~ ")) as "
        ~ dbt.type_string() ~ ") end"
    ) }}
{% endmacro %}
