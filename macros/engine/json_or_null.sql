{# A text where it is JSON, else null: an engine may stop at the first text that it cannot read. #}
{% macro json_or_null(text) %}
    {% set written = "cast(" ~ text ~ " as " ~ dbt.type_string() ~ ")" %}
    {{ return("case when " ~ is_valid_json(written) ~ " then " ~ written ~ " end") }}
{% endmacro %}
