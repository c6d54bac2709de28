{#
    Aggregate: the text that stands in the last row that has one.

    order_by: the columns that give the order, not null; later ones decide between equals.
#}
{% macro latest_text(expression, order_by) %}
    {{ return(adapter.dispatch('latest_text')(expression, order_by)) }}
{% endmacro %}

{% macro default__latest_text(expression, order_by) %}
    {{ return("max_by(" ~ expression ~ ", struct(" ~ order_by | join(", ") ~ ")) filter (where "
        ~ expression ~ " is not null)") }}
{% endmacro %}

{% macro duckdb__latest_text(expression, order_by) %}
    {{ return("arg_max(" ~ expression ~ ", row(" ~ order_by | join(", ") ~ ")) filter (where "
        ~ expression ~ " is not null)") }}
{% endmacro %}

{% macro postgres__latest_text(expression, order_by) %}
    {{ return("(array_agg(" ~ expression ~ " order by " ~ order_by | join(" desc, ") ~ " desc) filter (where "
        ~ expression ~ " is not null))[1]") }}
{% endmacro %}

{% macro snowflake__latest_text(expression, order_by) %}
    {{ return("cast(get(array_agg(" ~ expression ~ ") within group (order by " ~ order_by | join(" desc, ")
        ~ " desc), 0) as varchar)") }}
{% endmacro %}

{% macro bigquery__latest_text(expression, order_by) %}
    {{ return("array_agg(" ~ expression ~ " ignore nulls order by " ~ order_by | join(" desc, ")
        ~ " desc limit 1)[safe_offset(0)]") }}
{% endmacro %}
