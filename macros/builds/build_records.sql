{#
    Before a run: the tables of source `builds`, empty where there was no build yet, and anew with a full refresh.
    Those that another version of the project wrote are not gone on from.
#}
{% macro prepare_build_records() %}
    {% if execute and flags.WHICH in ('build', 'run', 'test') %}
        {% if flags.FULL_REFRESH and flags.WHICH != 'test' and engine_models().left_out | length == 0 %}
            {% for relation in build_record_relations().values() %}
                {% do run_query("drop table if exists " ~ relation) %}
            {% endfor %}
        {% endif %}
        {% for relation in create_source_tables('builds') %}
            {% if flags.EMPTY and flags.WHICH != 'test' %}
                {# Tables without rows are nothing to go on from. #}
                {% do run_query("delete from " ~ relation) %}
            {% endif %}
        {% endfor %}
        {% do check_build_record_columns() %}
        {% do note_run_of_a_part() %}
    {% endif %}
{% endmacro %}


{#
    A run of models of the scoring engine without their plan does the work of the last plan again, on what there is
    now. Where that plan was completed, nothing says that it was done: the next build makes good for it. (What a plan
    that was not completed had to do is done again in any case.)
#}
{% macro note_run_of_a_part() %}
    {% set engine = engine_models() %}
    {% if flags.WHICH in ('build', 'run') and engine.chosen and 'int_build_plan' in engine.left_out
        and load_relation(held('int_build_plan')) is not none %}
        {% set last_build = build_record_relations().last_build %}
        {% set completed = held('int_build_plan') ~ " where build_number in (select build_number from " ~ last_build ~ ")" %}
        {% do run_query(
            read_again_sql("(select min(arrived_from) from " ~ completed ~ ")") ~ "; update " ~ last_build
            ~ " set scoring_signature = '' where build_number in (select build_number from " ~ held('int_build_plan') ~ ")"
        ) %}
        {% do adapter.commit() %}
    {% endif %}
{% endmacro %}


{# Fails when a table of source `builds` has other columns than are declared. #}
{% macro check_build_record_columns() %}
    {% for node in graph.sources.values() if node.source_name == 'builds' %}
        {% set relation = api.Relation.create(node.database, node.schema, node.identifier) %}
        {% set declared = node.columns.keys() | map('lower') | sort | join(', ') %}
        {% set held = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | sort | join(', ') %}
        {% if held != declared %}
            {% do exceptions.raise_compiler_error(
                "The tables were built by another version of the project: " ~ node.schema ~ "." ~ node.identifier
                ~ " has the columns " ~ held ~ " instead of " ~ declared ~ ". Build everything anew: dbt build --full-refresh"
            ) %}
        {% endif %}
    {% endfor %}
    {# Asking for columns begins a transaction, which would take along what the next hooks do. #}
    {% do adapter.commit() %}
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
        {% set engine = engine_models() %}
        {% if engine.chosen | length > 0 and engine.left_out | length > 0 %}
            {% do exceptions.raise_compiler_error(
                "A full refresh of a part of the scoring engine is not possible: " ~ engine.chosen | sort | join(', ')
                ~ " without " ~ engine.left_out | sort | join(', ')
                ~ ". Select all of it (--select +tag:engine), or leave out --full-refresh."
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}


{# Names of the tables of the scoring engine that are part of this run (`chosen`) and that are not (`left_out`). #}
{% macro engine_models() %}
    {% set names = {'chosen': [], 'left_out': []} %}
    {% for node in graph.nodes.values()
        if node.resource_type == 'model' and 'engine' in node.tags and node.config.materialized in ('incremental', 'table') %}
        {% do names['chosen' if node.unique_id in selected_resources else 'left_out'].append(node.name) %}
    {% endfor %}
    {{ return(names) }}
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
    insert into {{ records.last_arrivals }} (received_on, is_plausible, row_count)
    select received_on, is_plausible, row_count from {{ held('int_event_arrivals') }};
    {# Only what changed: nearly all rows are those of the build before. #}
    {{ delete_matched(
        records.last_entity_rows, held('int_changed_entity_rows'),
        'replaced.row_kind = matched.row_kind and replaced.row_id = matched.row_id'
    ) }}
    insert into {{ records.last_entity_rows }} (row_kind, row_id, user_id, account_id, row_hash)
    select present.row_kind, present.row_id, present.user_id, present.account_id, present.row_hash
    from {{ held('int_entity_rows') }} as present
    left join {{ records.last_entity_rows }} as noted
        on present.row_kind = noted.row_kind and present.row_id = noted.row_id
    where noted.row_id is null;
    commit;
{% endmacro %}
