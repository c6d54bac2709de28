{#
    Removes what is kept of a user or an account apart from what each build computes from the raw rows: its
    id among the keys, and its rows in the logs of what was reported and alerted, of who entered a nurture
    audience, and of what the CRM acknowledged. To be run after its rows were removed from the raw tables; the
    build after it then holds nothing of the entity any more.

        dbt run-operation forget_entity --args '{entity_type: user, entity_id: u_17}'

    entity_type: user or account.
    entity_id: its id.
#}
{% macro forget_entity(entity_type, entity_id) %}
    {% if entity_type not in ('user', 'account') %}
        {% do exceptions.raise_compiler_error(
            "forget_entity: entity_type is '" ~ entity_type ~ "', which is neither user nor account."
        ) %}
    {% endif %}
    {% set id = string_literal(entity_id) %}
    {% set left = [] %}
    {% set tables = {
        'user': ['events', 'users', 'identifies', 'memberships'],
        'account': ['events', 'users', 'accounts', 'subscriptions', 'leads', 'touches', 'memberships'],
    } %}
    {% for table in tables[entity_type] %}
        {% for adapter in adapters_of(table) %}
            {% set rows = run_query(
                "select count(*) from " ~ held('stg_' ~ adapter ~ '__' ~ table) ~ " where " ~ entity_type ~ "_id = " ~ id
            ).rows[0][0] %}
            {% if rows > 0 %}
                {% do left.append(rows ~ ' in ' ~ (table if adapter == 'raw' else adapter ~ ' ' ~ table)) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% if left | length > 0 %}
        {% do exceptions.raise_compiler_error(
            "forget_entity: the raw tables still have rows of " ~ entity_type ~ " '" ~ entity_id ~ "': "
            ~ left | join(', ') ~ ". Remove them there first, or the next build brings the entity back."
        ) %}
    {% endif %}
    {% set deletes = [] %}
    {% for table in ['int_entity_keys', 'fct_pql_reported'] %}
        {% do deletes.append(
            "delete from " ~ held(table) ~ " where entity_type = '" ~ entity_type ~ "' and entity_id = " ~ id
        ) %}
    {% endfor %}
    {% for name in ['fct_pql_alerts', 'fct_nurture_audiences'] %}
        {% set log = held(name) %}
        {% if adapter.get_relation(log.database, log.schema, log.identifier) is none %}
        {% elif entity_type == 'account' %}
            {% do deletes.append("delete from " ~ log ~ " where account_id = " ~ id) %}
        {% else %}
            {% if name == 'fct_pql_alerts' %}
                {% do deletes.append("delete from " ~ log ~ " where entity_type = 'user' and entity_id = " ~ id) %}
            {% endif %}
            {% do deletes.append("update " ~ log ~ " set contact_user_id = null where contact_user_id = " ~ id) %}
        {% endif %}
    {% endfor %}
    {# What was written of an account names its contact. #}
    {% do deletes.append(
        "delete from " ~ crm_acknowledgements() ~ " where object = "
        ~ ("'account'" if entity_type == 'account' else "'contact'") ~ " and external_id = " ~ id
    ) %}
    {% do deletes.append(
        "delete from " ~ crm_acknowledgements() ~ " where " ~ json_text(
            'content', "'contact_external_id'" if entity_type == 'user' else "'account_external_id'"
        ) ~ " = " ~ id
    ) %}
    {% do run_query(deletes | join("; ")) %}
    {% do adapter.commit() %}
    {% do log(entity_type ~ " '" ~ entity_id ~ "' is forgotten once the next `dbt build` is done.", info=true) %}
{% endmacro %}
