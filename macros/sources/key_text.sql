{#
    One text of several, from which no other ones give the same: each stands behind its length, a missing
    one is `-`.
#}
{% macro key_text(expressions) %}
    {% set parts = [] %}
    {% for expression in expressions %}
        {% set text = "cast(" ~ expression ~ " as varchar)" %}
        {% do parts.append("coalesce(cast(length(" ~ text ~ ") as varchar) || ':' || " ~ text ~ ", '-')") %}
    {% endfor %}
    {{ return(parts | join(" || '|' || ")) }}
{% endmacro %}
