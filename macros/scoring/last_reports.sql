{#
    What was last reported of each entity and definition, as a query: of the log that fct_pql_reported adds to,
    nothing before its first rows. A macro, because a unit test cannot give the rows of a table that is not
    there yet.
#}
{% macro last_reports() %}
    {% set reported = load_relation(this) if execute and this %}
    {% if reported and not flags.EMPTY %}
        {{ return(
            "(select entity_type, entity_id, definition_key, is_qualified, report_number from ("
            ~ "select *, max(report_number) over (partition by entity_type, entity_id, definition_key) as last_number"
            ~ " from " ~ reported ~ ") as reports where report_number = last_number)"
        ) }}
    {% endif %}
    {{ return(
        "(select cast(null as varchar) as entity_type, cast(null as varchar) as entity_id,"
        ~ " cast(null as varchar) as definition_key, false as is_qualified, 0 as report_number where false)"
    ) }}
{% endmacro %}
