{#
    The condition that something was known on the as-of day that the var `pql_as_of` sets; without the var, all that
    is in the data is known.

    known_on: expression of the day from which it was known.
#}
{% macro is_known_by_as_of(known_on='known_on') %}
    {{ return(
        "true" if var('pql_as_of') is none
        else known_on ~ " <= cast(" ~ string_literal(var('pql_as_of')) ~ " as date)"
    ) }}
{% endmacro %}
