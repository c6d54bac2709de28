{#
    Fails the run when a definition file lacks a column that the project reads.

    relation: the loaded seed.
    declared: the columns that the seed is declared with.
#}
{% macro check_definition_columns(relation, declared) %}
    {% if execute %}
        {% set found = adapter.get_columns_in_relation(relation) | map(attribute='name') | list %}
        {% for column in declared if column not in found %}
            {% do exceptions.raise_compiler_error(
                model.original_file_path ~ ": column '" ~ column
                ~ "' is missing; found: " ~ found | join(', ') ~ (
                    '. Separate the columns by commas.' if found | length == 1 and ';' in found[0]
                    else '. Add the column to the header; its values may be empty.'
                )
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
