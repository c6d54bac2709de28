{#
    Aggregates: the text that stands in the last row that has one, and the time that stands in the first one.

    order_by: the columns that give the order, not null; later ones decide between equals.
#}
{% macro latest_text(expression, order_by) %}
    {{ return(adapter.dispatch('value_by_order')(expression, order_by, 'max', dbt.type_string())) }}
{% endmacro %}

{% macro earliest_time(expression, order_by) %}
    {{ return(adapter.dispatch('value_by_order')(expression, order_by, 'min', 'timestamp')) }}
{% endmacro %}

{# end: 'max' for the last row, 'min' for the first one. #}
{% macro default__value_by_order(expression, order_by, end, data_type) %}
    {{ return(end ~ "_by(" ~ expression ~ ", struct(" ~ order_by | join(", ") ~ ")) filter (where "
        ~ expression ~ " is not null)") }}
{% endmacro %}

{# Looks at the rows with a value only, by itself. #}
{% macro duckdb__value_by_order(expression, order_by, end, data_type) %}
    {{ return("arg_" ~ end ~ "(" ~ expression ~ ", row(" ~ order_by | join(", ") ~ "))") }}
{% endmacro %}

{% macro postgres__value_by_order(expression, order_by, end, data_type) %}
    {% set direction = " desc" if end == 'max' else "" %}
    {{ return("(array_agg(" ~ expression ~ " order by " ~ order_by | join(direction ~ ", ") ~ direction ~ ") filter (where "
        ~ expression ~ " is not null))[1]") }}
{% endmacro %}

{% macro snowflake__value_by_order(expression, order_by, end, data_type) %}
    {% set direction = " desc" if end == 'max' else "" %}
    {{ return("cast(get(array_agg(" ~ expression ~ ") within group (order by " ~ order_by | join(direction ~ ", ")
        ~ direction ~ "), 0) as " ~ data_type ~ ")") }}
{% endmacro %}

{% macro bigquery__value_by_order(expression, order_by, end, data_type) %}
    {% set direction = " desc" if end == 'max' else "" %}
    {{ return("array_agg(" ~ expression ~ " ignore nulls order by " ~ order_by | join(direction ~ ", ")
        ~ direction ~ " limit 1)[safe_offset(0)]") }}
{% endmacro %}
