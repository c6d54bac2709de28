{#
    Incremental strategy `replace_rows`: the rows that the run computes anew take the place of those that
    are held, in one transaction. Which ones these are, `meta.replaces` of the model says:

        arrivals: rows that arrived since the first day of arrival that the run reads.
        entities: all rows of the entities that the run touches.
        days: rows of those entities for the days after the last one that is final.
        active_days: rows of those accounts from the first day on which their activity changed.
        transitions: rows of those entities after the last final day, and all after the last as-of day.
        nothing: rows are only added.

    A run that was killed is repeated: the same rows are replaced again.
#}
{% macro get_incremental_replace_rows_sql(arguments) %}
    {% set plan = build_plan() %}
    {% set replaces = config.require('meta').replaces %}
    {% set target_table = arguments.target_relation %}
    {% set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') %}
    {% if plan.is_full %}
    delete from {{ target_table }};
    {% elif replaces == 'nothing' %}
    {% elif replaces == 'arrivals' %}
    delete from {{ target_table }}
    where received_on >= date '{{ plan.arrived_from }}' {{ 'or received_on is null' if plan.rereads_untimed }};
    {% elif plan.rescores_all %}
    delete from {{ target_table }};
    {% elif replaces == 'entities' %}
    delete from {{ target_table }} as replaced
    using {{ held('int_touched_entities') }} as touched
    where replaced.entity_key = touched.entity_key;
    {% elif replaces == 'days' %}
    delete from {{ target_table }} as replaced
    using {{ held('int_touched_entities') }} as touched
    where replaced.entity_key = touched.entity_key and replaced.valid_to > touched.final_on;
    {% elif replaces == 'active_days' %}
    delete from {{ target_table }} as replaced
    using {{ held('int_touched_entities') }} as touched
    where replaced.entity_key = touched.entity_key and replaced.activity_date >= touched.active_from;
    {% elif replaces == 'transitions' %}
    delete from {{ target_table }} as replaced
    using {{ held('int_touched_entities') }} as touched
    where replaced.entity_key = touched.entity_key and replaced.transitioned_on > touched.final_on;
    delete from {{ target_table }} where transitioned_on > date '{{ plan.previous_as_of_on }}';
    {# A run of a selection may say again what an earlier run had to say. #}
    delete from {{ target_table }} as replaced
    using {{ arguments.temp_relation }} as said
    where
        replaced.entity_key = said.entity_key and replaced.definition_key = said.definition_key
        and replaced.transitioned_on = said.transitioned_on;
    {% else %}
        {% do exceptions.raise_compiler_error("meta.replaces of " ~ model.name ~ " is '" ~ replaces
            ~ "', which is none of arrivals, entities, days, active_days, transitions, nothing.") %}
    {% endif %}
    insert into {{ target_table }} ({{ columns }})
    select {{ columns }} from {{ arguments.temp_relation }};
{% endmacro %}
