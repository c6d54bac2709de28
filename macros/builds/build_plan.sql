{#
    What this run has to do, as int_build_plan says; a model that calls it refers to that model:
        {% set plan = build_plan() %}

    Returns a dictionary:
        is_full: everything is built from nothing.
        arrived_from: text of the first day of arrival that is read (again); after all days when
            nothing arrived.
        previous_as_of_on: text of the as-of day of the last completed build.
        rereads_untimed: whether rows without a readable time came or went.
        rescores_all: whether a definition changed, so that every entity is scored anew.

    Without a plan to read (a model is only compiled, or unit tested) everything is built from nothing.
#}
{% macro build_plan() %}
    {% set plan = {
        'is_full': true, 'arrived_from': '0001-01-01', 'previous_as_of_on': '0001-01-01',
        'rescores_all': true, 'rereads_untimed': true,
    } %}
    {% if execute and flags.WHICH in ('build', 'run') and not flags.FULL_REFRESH %}
        {% set relation = adapter.get_relation(target.database, generate_schema_name('intermediate'), 'int_build_plan') %}
        {% if relation is not none and model.resource_type == 'model' %}
            {% set rows = run_query(
                "select is_full, cast(arrived_from as " ~ dbt.type_string() ~ "),"
                ~ " cast(previous_as_of_on as " ~ dbt.type_string() ~ "), rescores_all,"
                ~ " rereads_untimed from " ~ relation
            ).rows %}
            {% if rows | length == 1 and not rows[0][0] %}
                {% do plan.update({
                    'is_full': false, 'arrived_from': rows[0][1], 'previous_as_of_on': rows[0][2],
                    'rescores_all': rows[0][3], 'rereads_untimed': rows[0][4],
                }) %}
            {% endif %}
        {% endif %}
    {% endif %}
    {{ return(plan) }}
{% endmacro %}


{#
    The table that a model wrote in an earlier run; for reading what is held without making the model
    depend on one that comes after it.
#}
{% macro held(name) %}
    {% set node = graph.nodes['model.' ~ project_name ~ '.' ~ name] %}
    {{ return(api.Relation.create(node.database, node.schema, node.alias)) }}
{% endmacro %}


{#
    Whether a completed build is there to go on from: its record, and every table that it carried on.
    A unit test sees no graph; it has nothing to go on from.
#}
{% macro engine_tables_exist() %}
    {% if not execute or flags.WHICH not in ('build', 'run') or graph.nodes is not defined %}
        {{ return(false) }}
    {% endif %}
    {% for node in graph.nodes.values() if 'engine' in node.tags and node.config.materialized == 'incremental' %}
        {% if adapter.get_relation(node.database, node.schema, node.alias) is none %}
            {{ return(false) }}
        {% endif %}
    {% endfor %}
    {% set record = adapter.get_relation(target.database, 'builds', 'last_build') %}
    {% if record is none %}
        {{ return(false) }}
    {% endif %}
    {{ return(run_query("select count(*) from " ~ record).rows[0][0] == 1) }}
{% endmacro %}
