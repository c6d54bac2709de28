{# Ends the run when a var that is a day cannot be one, before any model stumbles over it. #}
{% macro check_days() %}
    {% for name in ('pql_as_of', 'pql_latest_plausible_on') if var(name) is not none %}
        {% set day = var(name) | string %}
        {% if not modules.re.match('\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$', day) %}
            {{ exceptions.raise_compiler_error(
                "dbt_project.yml, var " ~ name ~ ": '" ~ day ~ "' is no day. Write it as 2026-01-31, or null; nothing was "
                ~ "read or changed."
            ) }}
        {% endif %}
    {% endfor %}
{% endmacro %}
