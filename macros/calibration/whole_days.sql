{# A var that is a number of days, refused unless it is a whole one from 1 on. #}
{% macro whole_days(name) %}
    {% set days = var(name) %}
    {% if days is not integer or days < 1 %}
        {{ exceptions.raise_compiler_error(
            "the var " ~ name ~ " is '" ~ days ~ "'; it must be a whole number of days from 1 on"
        ) }}
    {% endif %}
    {{ return(days) }}
{% endmacro %}
