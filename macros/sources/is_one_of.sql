{# The condition that a lower-case text is one of some names, whatever their case; false without names. #}
{% macro is_one_of(expression, names) %}
    {% set literals = [] %}
    {% for name in names %}
        {% do literals.append(string_literal(name | lower)) %}
    {% endfor %}
    {{ return((expression ~ " in (" ~ literals | join(", ") ~ ")") if literals else "false") }}
{% endmacro %}
