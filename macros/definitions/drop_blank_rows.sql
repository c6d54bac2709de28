{#
    Deletes the rows of a loaded seed without any value: a blank line of the file, which spreadsheets and
    editors leave at its end, is no row.

    relation: the loaded seed.
    declared: the columns that the seed is declared with, all of them text.
#}
{% macro drop_blank_rows(relation, declared) %}
    delete from {{ relation }} where coalesce({{ declared | join(', ') }}) is null
{% endmacro %}
