{#
    Makes the next run read the raw events again that arrived from a day on: for rows that were corrected
    in place, which leave the number of rows of their day as it was. Added and removed rows need no replay.

        dbt run-operation replay --args '{arrived_from: 2026-01-31}'

    arrived_from: first day of arrival that is read again.
#}
{% macro replay(arrived_from) %}
    {% set day = arrived_from | string %}
    {% if not modules.re.match('^\\d{4}-\\d{2}-\\d{2}$', day) %}
        {% do exceptions.raise_compiler_error("replay: arrived_from is '" ~ day ~ "', which is no day. Write it as 2026-01-31.") %}
    {% endif %}
    {% set records = build_record_relations() %}
    {% if adapter.get_relation(records.last_arrivals.database, records.last_arrivals.schema, records.last_arrivals.identifier) is none %}
        {% do exceptions.raise_compiler_error("replay: nothing was built yet. Run `dbt build`; it reads everything.") %}
    {% endif %}
    {% do run_query(read_again_sql("cast(" ~ string_literal(day) ~ " as date)")) %}
    {% do adapter.commit() %}
    {% do log("The next run reads the events that arrived from " ~ day ~ " on again.", info=true) %}
{% endmacro %}


{# The statement after which the next run reads what arrived from a day on again, `day` being SQL. #}
{% macro read_again_sql(day) %}
    {{ return("update " ~ build_record_relations().last_arrivals ~ " set row_count = 0 where received_on >= " ~ day) }}
{% endmacro %}
