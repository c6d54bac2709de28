{#
    Fails the run when the relation of definition errors has rows, and names each: file, row, column,
    value found and remedy. Nothing downstream is built, so a wrong definition is never half-applied.

    files: what the files are called: definition or settings.
#}
{% macro raise_definition_errors(relation, files='definition') %}
    {% if execute %}
        {% set errors = run_query(
            "select distinct file_name, row_key, column_name, found_value, problem, remedy from " ~ relation
            ~ " order by file_name, row_key, column_name, problem"
        ) %}
        {% if errors | length > 0 %}
            {% set lines = [] %}
            {% for error in errors %}
                {% do lines.append(
                    error[0] ~ ", row " ~ error[1] ~ ": " ~ error[2] ~ " is '" ~ error[3] ~ "', which "
                    ~ error[4] ~ ". " ~ error[5]
                ) %}
            {% endfor %}
            {% do exceptions.raise_compiler_error(
                "The " ~ files ~ " files have " ~ lines | length ~ " error(s):\n  - " ~ lines | join("\n  - ")
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}
