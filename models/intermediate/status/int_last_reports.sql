-- What was last reported of each entity and definition; nothing before the first report. Part of the model
-- that adds to the log, so that it is looked up in every run.
{{ config(materialized='ephemeral') }}
{% set reported = adapter.get_relation(target.database, generate_schema_name('marts'), 'fct_pql_reported') if execute %}
{% if reported and not flags.EMPTY %}
select
    entity_type,
    entity_id,
    definition_key,
    is_qualified,
    report_number
from (
    select
        *,
        max(report_number) over (partition by entity_type, entity_id, definition_key) as last_number
    from {{ reported }}
) as reports
where report_number = last_number
{% else %}
select
    cast(null as varchar) as entity_type,
    cast(null as varchar) as entity_id,
    cast(null as varchar) as definition_key,
    false as is_qualified,
    0 as report_number
where false
{% endif %}
