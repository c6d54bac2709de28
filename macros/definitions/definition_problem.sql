{#
    One check of the definition files: the wrong rows of a seed, as rows of definition_errors.

    seed: name of the seed, of its file and of the CTE that holds its rows.
    row_key: the columns that name a row of the seed.
    column: the column that is wrong.
    condition: SQL condition that is true for a wrong row.
    problem, remedy: what is wrong with the value, and what to do, in words; `seeds/` in them becomes
        the folder of the definition files in use.
    folder: folder of the file; without, that of the definition files in use.
#}
{% macro definition_problem(seed, row_key, column, condition, problem, remedy, folder=none) %}
    {% set folder = folder or env_var('PQL_DEFINITIONS_PATH', 'seeds') %}
    {% set named = [] %}
    {% for key in row_key %}
        {% do named.append("'" ~ key ~ "=' || coalesce(" ~ key ~ ", '')") %}
    {% endfor %}
    select
        {{ string_literal(folder ~ '/' ~ seed ~ '.csv') }} as file_name,
        {{ named | join(" || ', ' || ") }} as row_key,
        '{{ column }}' as column_name,
        coalesce(cast({{ column }} as {{ dbt.type_string() }}), '') as found_value,
        {{ string_literal(problem | replace('seeds/', folder ~ '/')) }} as problem,
        {{ string_literal(remedy | replace('seeds/', folder ~ '/')) }} as remedy
    from {{ seed }}
    where {{ condition }}
{% endmacro %}
