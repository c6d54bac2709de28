{# A text column with blank values read as missing. #}
{% macro blank_as_null(column) %}
    {{ return(adapter.dispatch('blank_as_null')(column)) }}
{% endmacro %}

{% macro default__blank_as_null(column) %}
    {% set text = "cast(" ~ column ~ " as " ~ dbt.type_string() ~ ")" %}
    {{ return("case when trim(" ~ text ~ ") <> '' then " ~ text ~ " end") }}
{% endmacro %}

{#
    Almost no value begins with a blank: comparing costs a tenth of trimming, and a branch of its own less than an
    `or`.
#}
{% macro duckdb__blank_as_null(column) %}
    {% set text = "cast(" ~ column ~ " as varchar)" %}
    {{ return(
        "case when " ~ text ~ " >= '!' then " ~ text ~ " when trim(" ~ text ~ ") <> '' then " ~ text ~ " end"
    ) }}
{% endmacro %}
