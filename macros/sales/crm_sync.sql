{# The columns of a record that go to the CRM, by the object that they belong to. #}
{% macro crm_fields(object) %}
    {% set fields = {
        'account': [
            'account_name', 'domain', 'plan', 'lifecycle_stage', 'owner', 'territory', 'definition_key', 'tier',
            'top_reasons', 'next_step', 'contact_external_id', 'score', 'conversion_probability', 'user_count',
            'active_users_30d', 'is_qualified', 'qualified_on', 'expires_on', 'last_active_on',
        ],
        'contact': [
            'email', 'account_external_id', 'definition_key', 'tier', 'score', 'active_days_30d', 'is_qualified',
            'is_best_contact', 'qualified_on', 'last_active_on',
        ],
    } %}
    {{ return(fields[object]) }}
{% endmacro %}


{# The fields of a record that have a value, as JSON. #}
{% macro crm_content(object) %}
    {% set members = {} %}
    {% for field in crm_fields(object) %}
        {% do members.update({field: field}) %}
    {% endfor %}
    {{ return(json_object_text(members)) }}
{% endmacro %}


{#
    The records that the CRM does not hold as they are now: those that it never acknowledged, and those of which
    a field has another value than the one acknowledged last. A field without a value is no change.

    object: account or contact.
    records: the model of the records.
#}
{% macro crm_sync(object, records) %}
{% set fields = crm_fields(object) %}
with ranked_acknowledgements as (

    select
        external_id,
        content,
        row_number() over (partition by external_id order by acknowledged_at desc, content_hash desc) as age_rank
    from {{ source('crm_sync', 'acknowledgements') }}
    where object = '{{ object }}'

),

candidates as (

    select
        records.*,
        acknowledged.external_id is not null as is_acknowledged,
        {{ json_or_null('acknowledged.content') }} as acknowledged_content
    from {{ records }} as records
    left join ranked_acknowledgements as acknowledged
        on
            records.external_id = acknowledged.external_id
            and acknowledged.age_rank = 1
    where
        case
            when acknowledged.external_id is null then records.is_wanted
            else coalesce(records.content <> acknowledged.content, true)
        end

),

compared as (

    select
        candidates.*,
        {% for field in fields %}
        {% set now = json_text('candidates.content', "'" ~ field ~ "'") %}
        {% set before = json_text('candidates.acknowledged_content', "'" ~ field ~ "'") %}
        case
            when {{ now }} is not null and coalesce({{ now }} <> {{ before }}, true) then '{{ field }}, ' else ''
        end
        {{- " || " if not loop.last }}
        {% endfor %}
        as changes
    from candidates

)

select
    external_id,
    case when is_acknowledged then 'update' else 'create' end as sync_action,
    {% for field in fields %}
    {{ field }},
    {% endfor %}
    substring(changes, 1, length(changes) - 2) as changed_fields,
    content,
    {{ dbt.hash('content') }} as content_hash,
    as_of.as_of_on
from compared
cross join {{ ref('int_as_of') }} as as_of
where changes <> ''
{% endmacro %}


{#
    Notes that the CRM holds the records that wait in a sync table, as they stand there. To be run after they were
    written to it, before the next build.

        dbt run-operation acknowledge_crm_sync --args '{object: account}'
        dbt run-operation acknowledge_crm_sync --args '{object: contact, external_ids: [u_1, u_7]}'

    object: account or contact.
    external_ids: the records that were written; without, all that wait.
#}
{% macro acknowledge_crm_sync(object, external_ids=none) %}
    {% if object not in ('account', 'contact') %}
        {% do exceptions.raise_compiler_error(
            "acknowledge_crm_sync: object is '" ~ object ~ "', which is neither account nor contact."
        ) %}
    {% endif %}
    {% if external_ids is not none and (external_ids is string or external_ids is not sequence) %}
        {% do exceptions.raise_compiler_error(
            "acknowledge_crm_sync: external_ids is '" ~ external_ids ~ "', which is no list. Write it as [a_1, a_2]."
        ) %}
    {% endif %}
    {% set waiting = held('fct_crm_' ~ object ~ '_sync') %}
    {% if adapter.get_relation(waiting.database, waiting.schema, waiting.identifier) is none %}
        {% do exceptions.raise_compiler_error("acknowledge_crm_sync: nothing was built yet. Run `dbt build` first.") %}
    {% endif %}
    {% set chosen = ["true"] %}
    {% if external_ids is not none %}
        {% set literals = [] %}
        {% for external_id in external_ids %}
            {% do literals.append(string_literal(external_id)) %}
        {% endfor %}
        {% do chosen.append("external_id in (" ~ (literals | join(", ") if literals else "null") ~ ")") %}
        {% set found = run_query(
            "select external_id from " ~ waiting ~ " where " ~ chosen | join(" and ")
        ).columns[0].values() | list %}
        {% for external_id in external_ids if external_id | string not in found %}
            {% do exceptions.raise_compiler_error(
                "acknowledge_crm_sync: '" ~ external_id ~ "' does not wait in " ~ waiting.identifier
                ~ ". Nothing was acknowledged; name only ids that stand there."
            ) %}
        {% endfor %}
    {% endif %}
    {% set acknowledged = crm_acknowledgements() %}
    {% set now = "timestamp '" ~ modules.datetime.datetime.now(modules.pytz.utc).strftime('%Y-%m-%d %H:%M:%S.%f') ~ "'" %}
    {% set written = " from " ~ waiting ~ " where " ~ chosen | join(" and ") %}
    {% do run_query(
        "insert into " ~ acknowledged ~ " (object, external_id, content_hash, content, acknowledged_at) select '" ~ object
        ~ "', external_id, content_hash, content, " ~ now ~ written
    ) %}
    {# Of a record only this one counts now, whatever clock wrote the others. #}
    {% do run_query(
        "delete from " ~ acknowledged ~ " where object = '" ~ object ~ "' and external_id in (select external_id" ~ written
        ~ ") and acknowledged_at <> " ~ now
    ) %}
    {% do adapter.commit() %}
    {% set left = run_query("select count(*) from " ~ waiting).rows[0][0] %}
    {% do log("Acknowledged; " ~ left ~ " record(s) of " ~ object ~ " still wait.", info=true) %}
{% endmacro %}


{# The table of the acknowledgements. #}
{% macro crm_acknowledgements() %}
    {% for node in graph.sources.values() if node.source_name == 'crm_sync' %}
        {{ return(api.Relation.create(node.database, node.schema, node.identifier)) }}
    {% endfor %}
{% endmacro %}


{# Before a run: the table of the acknowledgements, empty where nothing was synced yet. It is never emptied. #}
{% macro prepare_crm_acknowledgements() %}
    {% if execute and flags.WHICH in ('build', 'run', 'test') %}
        {% do create_source_tables('crm_sync') %}
    {% endif %}
{% endmacro %}
