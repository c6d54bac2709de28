{#
    Removes what is kept of a user or an account apart from what each build computes from the raw rows: its
    id among the keys, a user's anonymous ids there, and its rows in the logs of what was reported and alerted, of who
    entered a nurture audience, and of what the CRM acknowledged. To be run after its rows were removed from the raw
    tables; the build after it reads everything again and then holds nothing of the entity any more.

        dbt run-operation forget_entity --args '{entity_type: user, entity_id: u_17}'

    entity_type: user or account.
    entity_id: its id; one that looks like a number in quotes.
#}
{% macro forget_entity(entity_type, entity_id) %}
    {% if entity_type not in ('user', 'account') %}
        {% do exceptions.raise_compiler_error(
            "forget_entity: entity_type is '" ~ entity_type ~ "', which is neither user nor account."
        ) %}
    {% elif entity_id is not string %}
        {% do exceptions.raise_compiler_error(
            "forget_entity: entity_id was read as " ~ entity_id ~ ", which is no text. Write it in quotes: "
            ~ "{entity_type: " ~ entity_type ~ ", entity_id: '0017'}."
        ) %}
    {% elif load_relation(held('int_entity_keys')) is none %}
        {% do exceptions.raise_compiler_error("forget_entity: nothing was built yet, so nothing is kept.") %}
    {% endif %}
    {% set left = rows_that_name(entity_type, entity_id) %}
    {% if left | length > 0 %}
        {% do exceptions.raise_compiler_error(
            "forget_entity: the raw tables still have rows of " ~ entity_type ~ " '" ~ entity_id ~ "': "
            ~ left | join(', ') ~ ". Remove them there first, or the next build brings the entity back."
        ) %}
    {% endif %}
    {% set statements = [] %}
    {% set counts = [] %}
    {% for kept in kept_of_entity(entity_type, string_literal(entity_id)) %}
        {% do statements.append(
            ("update " ~ kept.relation ~ " set " ~ kept.set if kept.set else "delete from " ~ kept.relation)
            ~ " where " ~ kept.where
        ) %}
        {% do counts.append("(select count(*) from " ~ kept.relation ~ " where " ~ kept.where ~ ")") %}
    {% endfor %}
    {% if run_query("select " ~ counts | join(" + ")).rows[0][0] == 0 %}
        {% do exceptions.raise_compiler_error(
            "forget_entity: nothing is kept of a " ~ entity_type ~ " '" ~ entity_id ~ "'. Check the id."
        ) %}
    {% endif %}
    {# The next build reads and scores everything again: what it holds by the key of the entity goes with it. #}
    {% do statements.append("update " ~ build_record_relations().last_build ~ " set reading_signature = ''") %}
    {% do run_query(statements | join("; ")) %}
    {% do adapter.commit() %}
    {% do log(entity_type ~ " '" ~ entity_id ~ "' is forgotten once the next `dbt build` is done.", info=true) %}
{% endmacro %}


{# How many rows of which raw tables name a user or an account, in words. #}
{% macro rows_that_name(entity_type, entity_id) %}
    {% set id = string_literal(entity_id) %}
    {% set merges = "entity_type = '" ~ entity_type ~ "' and (merged_id = " ~ id ~ " or canonical_id = " ~ id ~ ")" %}
    {% set own = entity_type ~ "_id = " ~ id %}
    {% set tables = {
        'user': {
            'events': own, 'users': own, 'identifies': own, 'memberships': own, 'merges': merges,
            'leads': "lower(email) in (select lower(email) from " ~ held('int_users') ~ " where user_id = " ~ id ~ ")",
        },
        'account': {
            'events': own, 'users': own, 'accounts': own ~ " or parent_account_id = " ~ id, 'subscriptions': own,
            'leads': own, 'touches': own, 'memberships': own, 'merges': merges,
        },
    } %}
    {% set left = [] %}
    {% for table, where in tables[entity_type].items() %}
        {% for adapter in adapters_of(table) %}
            {% set rows = run_query(
                "select count(*) from " ~ held('stg_' ~ adapter ~ '__' ~ table) ~ " where " ~ where
            ).rows[0][0] %}
            {% if rows > 0 %}
                {% do left.append(rows ~ ' in ' ~ (table if adapter == 'raw' else adapter ~ ' ' ~ table)) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(left) }}
{% endmacro %}


{# The rows that are kept of a user or an account: `relation` and `where`; `set` where only the id in them goes. #}
{% macro kept_of_entity(entity_type, id) %}
    {% set named = "entity_type = '" ~ entity_type ~ "' and entity_id = " ~ id %}
    {% set keys = held('int_entity_keys') %}
    {% set kept = [] %}
    {% if entity_type == 'user' %}
        {% do kept.append({
            'relation': keys,
            'where': "entity_type = 'anonymous' and entity_key in (select anonymous_key from "
            ~ held('int_anonymous_users') ~ " where user_key in (select entity_key from " ~ keys ~ " where " ~ named ~ "))",
        }) %}
    {% endif %}
    {% do kept.append({'relation': keys, 'where': named}) %}
    {% do kept.append({'relation': held('fct_pql_reported'), 'where': named}) %}
    {% for name in ['fct_pql_alerts', 'fct_nurture_audiences'] if load_relation(held(name)) is not none %}
        {% set log = held(name) %}
        {% if entity_type == 'account' %}
            {% do kept.append({'relation': log, 'where': "account_id = " ~ id}) %}
        {% else %}
            {% if name == 'fct_pql_alerts' %}
                {% do kept.append({'relation': log, 'where': named}) %}
            {% endif %}
            {% do kept.append({
                'relation': log, 'where': "contact_user_id = " ~ id, 'set': "contact_user_id = null"
            }) %}
        {% endif %}
    {% endfor %}
    {# The CRM holds the other records that name it on: only the id goes from what it acknowledged of them. #}
    {% set object, other, member = ('contact', 'account', 'contact_external_id') if entity_type == 'user'
        else ('account', 'contact', 'account_external_id') %}
    {% do kept.append({
        'relation': crm_acknowledgements(), 'where': "object = '" ~ object ~ "' and external_id = " ~ id
    }) %}
    {% set members = {} %}
    {% for field in crm_fields(other) if field != member %}
        {% do members.update({field: json_text('content', "'" ~ field ~ "'")}) %}
    {% endfor %}
    {% do kept.append({
        'relation': crm_acknowledgements(),
        'where': "object = '" ~ other ~ "' and " ~ json_text('content', "'" ~ member ~ "'") ~ " = " ~ id,
        'set': "content = " ~ json_object_text(members),
    }) %}
    {{ return(kept) }}
{% endmacro %}
