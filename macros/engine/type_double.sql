{# The type of a floating-point number of 64 bits; that of `dbt.type_float` has 32 on DuckDB and Spark. #}
{% macro type_double() %}
    {{ return(adapter.dispatch('type_double')()) }}
{% endmacro %}

{% macro default__type_double() %}
    {{ return("double precision") }}
{% endmacro %}

{% macro spark__type_double() %}
    {{ return("double") }}
{% endmacro %}

{% macro bigquery__type_double() %}
    {{ return("float64") }}
{% endmacro %}
