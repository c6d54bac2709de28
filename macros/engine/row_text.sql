{# The values of some columns as one text in which null and empty differ; for hashing. #}
{% macro row_text(columns) %}
    {% set texts = [] %}
    {% for column in columns %}
        {% do texts.append("coalesce('=' || cast(" ~ column ~ " as " ~ dbt.type_string() ~ "), '-')") %}
    {% endfor %}
    {{ return(texts | join(" || '|' || ")) }}
{% endmacro %}
