{# Before a run: the tables of source `builds`, empty where there was no build yet. #}
{% macro prepare_build_records() %}
    {% if execute and flags.WHICH in ('build', 'run', 'test') %}
        {% for relation in create_source_tables('builds') %}
            {% if flags.EMPTY and flags.WHICH != 'test' %}
                {# Tables without rows are nothing to go on from. #}
                {% do run_query("delete from " ~ relation) %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{#
    Before the tables are built from nothing: what was recorded is no longer true. In the transaction of the
    plan, so that a run that is killed half-way is followed by one that starts from nothing as well.
#}
{% macro discard_build_record() %}
    {% if execute and build_plan().is_full %}
        {{ return("delete from " ~ build_record_relations().last_build) }}
    {% endif %}
{% endmacro %}


{#
    Fails a full refresh of a part of the scoring engine: its tables are made of each other, and what was
    touched by the last run is not enough to make one of them anew.
#}
{% macro check_full_refresh() %}
    {% if execute and flags.FULL_REFRESH and flags.WHICH in ('build', 'run') %}
        {% set chosen = [] %}
        {% set left_out = [] %}
        {% for node in graph.nodes.values()
            if node.resource_type == 'model' and 'engine' in node.tags and node.config.materialized in ('incremental', 'table') %}
            {% do (chosen if node.unique_id in selected_resources else left_out).append(node.name) %}
        {% endfor %}
        {% if chosen | length > 0 and left_out | length > 0 %}
            {% do exceptions.raise_compiler_error(
                "A full refresh of a part of the scoring engine is not possible: " ~ chosen | sort | join(', ')
                ~ " without " ~ left_out | sort | join(', ') ~ ". Select all of it (--select +tag:engine), or leave out --full-refresh."
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}


{#
    After a run: notes what was built, for the next run to go on from; only when every incremental
    model was part of the run and succeeded. A run of a selection, or one that failed, leaves the record
    as it is, and the next run does that work again.

    results: results of the run, as dbt gives them to on-run-end hooks.
#}
{% macro record_build(results) %}
    {% if execute and flags.WHICH in ('build', 'run') %}
        {% set succeeded = [] %}
        {% for result in results if result.status == 'success' %}
            {% do succeeded.append(result.node.unique_id) %}
        {% endfor %}
        {% set missing = [] %}
        {% for node in graph.nodes.values() if 'engine' in node.tags and node.resource_type == 'model' %}
            {% if node.unique_id not in succeeded %}
                {% do missing.append(node.name) %}
            {% endif %}
        {% endfor %}
        {% if missing | length == 0 and not flags.EMPTY %}
            {% do run_query(record_build_sql()) %}
        {% endif %}
    {% endif %}
{% endmacro %}


{# The tables of source `builds` by name. #}
{% macro build_record_relations() %}
    {% set records = {} %}
    {% for node in graph.sources.values() if node.source_name == 'builds' %}
        {% do records.update({node.name: api.Relation.create(node.database, node.schema, node.identifier)}) %}
    {% endfor %}
    {{ return(records) }}
{% endmacro %}


{% macro record_build_sql() %}
    {% set records = build_record_relations() %}
    begin;
    delete from {{ records.last_build }};
    insert into {{ records.last_build }} (build_number, as_of_on, as_of_limit_on, reading_signature, scoring_signature)
    select
        plan.build_number, as_of.as_of_on, plan.as_of_limit_on, plan.reading_signature,
        plan.scoring_signature
    from {{ held('int_build_plan') }} as plan cross join {{ held('int_as_of') }} as as_of;
    delete from {{ records.last_arrivals }};
    insert into {{ records.last_arrivals }} select received_on, row_count from {{ held('int_event_arrivals') }};
    delete from {{ records.last_entity_rows }} as noted
    using {{ held('int_changed_entity_rows') }} as changed
    where noted.row_kind = changed.row_kind and noted.row_id = changed.row_id;
    insert into {{ records.last_entity_rows }} (row_kind, row_id, user_id, account_id, row_hash)
    select present.row_kind, present.row_id, present.user_id, present.account_id, present.row_hash
    from {{ held('int_entity_rows') }} as present
    inner join {{ held('int_changed_entity_rows') }} as changed
        on present.row_kind = changed.row_kind and present.row_id = changed.row_id;
    commit;
{% endmacro %}
