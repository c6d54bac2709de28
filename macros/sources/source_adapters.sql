{#
    The adapters: which tables of the plain contract each of them gives, as `stg_<adapter>__<table>`.
    `raw` is the plain contract itself.
#}
{% macro source_adapters() %}
    {{ return({
        'business': {
            'raw': ['users', 'accounts', 'subscriptions', 'leads', 'touches', 'spend'],
            'stripe': ['companies', 'subscriptions'],
            'hubspot': ['companies', 'subscriptions', 'leads', 'touches'],
            'salesforce': ['companies', 'subscriptions', 'leads', 'touches'],
            'ad_reporting': ['spend'],
        },
        'event': {
            'raw': ['events', 'identifies', 'memberships', 'merges'],
            'segment': ['events', 'users', 'accounts', 'identifies', 'memberships', 'merges'],
            'posthog': ['events', 'users', 'accounts', 'identifies'],
            'amplitude': ['events', 'users', 'identifies'],
            'mixpanel': ['events', 'identifies'],
            'snowplow': ['events', 'identifies'],
            'zendesk': ['events'],
        },
    }) }}
{% endmacro %}


{#
    The adapters that are on and give a table, in the order of the vars: where two know the same, the first
    counts. Business sources come first: what an event stream tells of a user is a by-product.
    Subscriptions are those of the sources that the var pql_subscription_sources names, if it does.
#}
{% macro adapters_of(table) %}
    {% set found = [] %}
    {% for kind, adapters in source_adapters().items() %}
        {% for name in var('pql_' ~ kind ~ '_sources') if table in adapters.get(name, []) %}
            {% if table != 'subscriptions' or name in (var('pql_subscription_sources') or [name]) %}
                {% do found.append(name) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# The names of the sources that are on. #}
{% macro sources_that_are_on() %}
    {{ return(((var('pql_event_sources') | list) + (var('pql_business_sources') | list)) | unique | list) }}
{% endmacro %}


{# Ends the run when a var names a source that there is not. #}
{% macro check_source_names() %}
    {% set problems = [] %}
    {% for kind, adapters in source_adapters().items() %}
        {% set names = var('pql_' ~ kind ~ '_sources') %}
        {% for name in ([] if names is string else names) if name not in adapters %}
            {% do problems.append(
                "dbt_project.yml, var pql_" ~ kind ~ "_sources: '" ~ name ~ "' is no " ~ kind ~ " source. Use one of "
                ~ adapters.keys() | join(', ') ~ "."
            ) %}
        {% endfor %}
        {% if names is string or names | length == 0 %}
            {% do problems.append(
                "dbt_project.yml, var pql_" ~ kind ~ "_sources: '" ~ names ~ "' is not a list of names, such as [raw]."
            ) %}
        {% endif %}
    {% endfor %}
    {% set named = var('pql_subscription_sources') %}
    {% set paid = [] %}
    {% for name, tables in source_adapters()['business'].items()
        if 'subscriptions' in tables and name in var('pql_business_sources') %}
        {% do paid.append(name) %}
    {% endfor %}
    {% for name in ([] if named is none or named is string else named) if name not in paid %}
        {% do problems.append(
            "dbt_project.yml, var pql_subscription_sources: '" ~ name ~ "' is no source that is on and knows"
            ~ " subscriptions. Use " ~ (paid | join(', ') or "null")
            ~ ", or add it to pql_business_sources."
        ) %}
    {% endfor %}
    {% if named is string or named == [] %}
        {% do problems.append(
            "dbt_project.yml, var pql_subscription_sources: '" ~ named ~ "' is neither null nor a list of names,"
            ~ " such as [stripe]."
        ) %}
    {% endif %}
    {% if problems %}
        {% do exceptions.raise_compiler_error("Wrong sources:\n  - " ~ problems | join("\n  - ")) %}
    {% endif %}
{% endmacro %}
