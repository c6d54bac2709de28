{# One text of the values of a group, joined by `separator` in the given order. #}
{% macro list_text(expression, separator, order_by) %}
    {{ return(adapter.dispatch('list_text')(expression, separator, order_by)) }}
{% endmacro %}

{% macro default__list_text(expression, separator, order_by) %}
    {{ return("string_agg(" ~ expression ~ ", '" ~ separator ~ "' order by " ~ order_by ~ ")") }}
{% endmacro %}

{% macro snowflake__list_text(expression, separator, order_by) %}
    {{ return("listagg(" ~ expression ~ ", '" ~ separator ~ "') within group (order by " ~ order_by ~ ")") }}
{% endmacro %}

{% macro spark__list_text(expression, separator, order_by) %}
    {{ return("listagg(" ~ expression ~ ", '" ~ separator ~ "') within group (order by " ~ order_by ~ ")") }}
{% endmacro %}
