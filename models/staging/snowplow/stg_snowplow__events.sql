{{ config(enabled='snowplow' in var('pql_event_sources')) }}

{# The account column is an id, or an entity (an object, or a list of objects) that has it under a key. #}
{% set entity = only_json_text("'{\"entity\":' || " ~ json_or_null('account_id') ~ " || '}'", "'entity'") %}

with events as (

    select
        *,
        {% if var('pql_snowplow_account_key') is none %}
        {{ blank_as_null('account_id') }} as account_key,
        {% else %}
        {{ json_text(entity, string_literal(var('pql_snowplow_account_key'))) }} as account_key,
        {% endif %}
        {{ safe_cast_to('se_value', type_double()) }} as struct_value,
        -- A self-describing event may stand in its envelopes: {"schema": "iglu:...", "data": {...}}, one in the other.
        {{ json_or_null('unstruct_event') }} as event_json,
        {{ json_text(json_or_null('unstruct_event'), "'data'") }} as outer_data
    from {{ from_source('snowplow', 'events') }}

),

unwrapped as (

    select
        *,
        -- What an event calls `schema` or `data` itself is a property as any other.
        case
            when {{ json_text('event_json', "'schema'") }} like 'iglu:%' and outer_data is not null
                then case
                    when {{ json_text(json_or_null('outer_data'), "'schema'") }} like 'iglu:%'
                        then coalesce({{ json_text(json_or_null('outer_data'), "'data'") }}, outer_data)
                    else outer_data
                end
            else event_json
        end as described
    from events

),

renamed as (

    select
        -- Events that share an id and differ in their fingerprint are different events.
        'snowplow:' || {{ blank_as_null('event_id') }}
        || coalesce(':' || {{ blank_as_null('event_fingerprint') }}, '') as event_id,
        user_id,
        coalesce(
            {{ blank_as_null('domain_userid') }},
            -- The collector's word for nobody.
            nullif({{ blank_as_null('network_userid') }}, '00000000-0000-0000-0000-000000000000')
        ) as anonymous_id,
        account_key as account_id,
        case
            when event = 'struct' then se_action
            else coalesce({{ blank_as_null('event_name') }}, event)
        end as event_name,
        case
            when {{ blank_as_null('properties') }} is not null then cast(properties as {{ dbt.type_string() }})
            when {{ blank_as_null('unstruct_event') }} is not null and event_json is null
                then cast(unstruct_event as {{ dbt.type_string() }})
            when described is not null then described
            when event = 'struct' then {{ json_object_text({
                'category': 'se_category',
                'label': 'se_label',
                'property': 'se_property',
                'value': 'struct_value',
            }) }}
            when page_url is not null then {{ json_object_text({
                'page_url': 'page_url',
                'page_urlpath': 'page_urlpath',
                'page_title': 'page_title',
                'page_referrer': 'page_referrer',
            }) }}
        end as properties,
        coalesce(
            {{ blank_as_null('derived_tstamp') }},
            {{ blank_as_null('dvce_created_tstamp') }},
            {{ blank_as_null('collector_tstamp') }}
        ) as occurred_at,
        coalesce(
            {{ blank_as_null('load_tstamp') }},
            {{ blank_as_null('etl_tstamp') }},
            {{ blank_as_null('collector_tstamp') }}
        ) as received_at,
        -- Crawlers are on the web; a server-side tracker names the library that it sends with.
        case when coalesce(lower({{ blank_as_null('platform') }}), 'web') = 'web' then useragent end as user_agent
    from unwrapped

)

{{ contract_events('renamed') }}
