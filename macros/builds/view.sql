{#
    Views in DuckDB, replaced in one statement. dbt's own makes each under another name and renames twice, for
    engines that cannot replace one with other columns: three statements more for each of a hundred views.
#}
{% materialization view, adapter='duckdb' %}
    {% set existing = load_cached_relation(this) %}
    {% set target_relation = this.incorporate(type='view') %}
    {{ run_hooks(pre_hooks) }}
    {% if existing is not none and not existing.is_view %}
        {% do adapter.drop_relation(existing) %}
    {% endif %}
    {% call statement('main') %}
        {% if config.get('contract').enforced %}
        {{ get_assert_columns_equivalent(sql) }}
        {% endif %}
        create or replace view {{ target_relation }} as (
            {{ sql }}
        );
    {% endcall %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
