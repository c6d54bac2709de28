{# A text column with blank values read as missing. #}
{% macro blank_as_null(column) %}
    {{ return("case when trim(cast(" ~ column ~ " as varchar)) <> '' then cast(" ~ column ~ " as varchar) end") }}
{% endmacro %}
