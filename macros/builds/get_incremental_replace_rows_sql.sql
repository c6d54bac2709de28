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
    {% set touched = held('int_touched_entities') %}
    {% set same_entity = 'replaced.entity_key = matched.entity_key' %}
    {% if plan.is_full %}
    delete from {{ target_table }};
    {% elif replaces == 'nothing' %}
    {% elif replaces == 'arrivals' %}
    delete from {{ target_table }}
    where received_on >= date '{{ plan.arrived_from }}' {{ 'or received_on is null' if plan.rereads_untimed }};
    {% elif plan.rescores_all %}
    delete from {{ target_table }};
    {% elif replaces == 'entities' %}
    {{ delete_matched(target_table, touched, same_entity) }}
    {% elif replaces == 'days' %}
    {{ delete_matched(target_table, touched, same_entity ~ ' and replaced.valid_to > matched.final_on') }}
    {% elif replaces == 'active_days' %}
    {{ delete_matched(target_table, touched, same_entity ~ ' and replaced.activity_date >= matched.active_from') }}
    {% elif replaces == 'transitions' %}
    {{ delete_matched(target_table, touched, same_entity ~ ' and replaced.transitioned_on > matched.final_on') }}
    delete from {{ target_table }} where transitioned_on > date '{{ plan.previous_as_of_on }}';
    {# A run of a selection may say again what an earlier run had to say. #}
    {{ delete_matched(
        target_table, arguments.temp_relation, same_entity
        ~ ' and replaced.definition_key = matched.definition_key and replaced.transitioned_on = matched.transitioned_on'
    ) }}
    {% else %}
        {% do exceptions.raise_compiler_error("meta.replaces of " ~ model.name ~ " is '" ~ replaces
            ~ "', which is none of arrivals, entities, days, active_days, transitions, nothing.") %}
    {% endif %}
    insert into {{ target_table }} ({{ columns }})
    select {{ columns }} from {{ arguments.temp_relation }};
{% endmacro %}
