{# A text where it is JSON, else null: an engine may stop at the first text that it cannot read. #}
{% macro json_or_null(text) %}
    {{ return("case when " ~ is_valid_json("cast(" ~ text ~ " as varchar)") ~ " then cast(" ~ text ~ " as varchar) end") }}
{% endmacro %}
