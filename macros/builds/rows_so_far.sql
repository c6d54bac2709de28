{#
    What a table that is only added to holds before this run, as a query; nothing before its first rows. A macro,
    because a unit test cannot give the rows of a table that is not there yet.

    columns: data type by name of the columns that are read.
#}
{% macro rows_so_far(columns) %}
    {% set held = load_relation(this) if execute and this %}
    {% if held and not flags.EMPTY %}
        {{ return("(select " ~ columns.keys() | join(", ") ~ " from " ~ held ~ ")") }}
    {% endif %}
    {{ return("(" ~ no_rows(columns) ~ ")") }}
{% endmacro %}
