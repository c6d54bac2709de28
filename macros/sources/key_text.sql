{#
    One text of several, from which no other ones give the same: each stands behind its length, a missing
    one is `-`.
#}
{% macro key_text(expressions) %}
    {% set parts = [] %}
    {% for expression in expressions %}
        {% set text = "cast(" ~ expression ~ " as " ~ dbt.type_string() ~ ")" %}
        {% set length = "cast(length(" ~ text ~ ") as " ~ dbt.type_string() ~ ")" %}
        {% do parts.append("coalesce(" ~ length ~ " || ':' || " ~ text ~ ", '-')") %}
    {% endfor %}
    {{ return(parts | join(" || '|' || ")) }}
{% endmacro %}
