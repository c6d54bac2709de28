{{ config(enabled='segment' in var('pql_event_sources')) }}
-- depends_on: {{ ref('def_activities') }}
{% set event_tables = segment_event_tables() %}

with tracks as (

    select
        id,
        user_id,
        anonymous_id,
        context_traits_email,
        context_group_id,
        event,
        event_text,
        cast(null as {{ dbt.type_string() }}) as properties,
        event_timestamp,
        original_timestamp,
        received_at,
        context_user_agent
    from {{ from_source('segment', 'tracks') }}

),

{% if event_tables %}
from_event_tables as (

    {% for table in event_tables %}
    {% if not loop.first %}

    union all

    {% endif %}
    select
        id,
        user_id,
        anonymous_id,
        context_traits_email,
        context_group_id,
        event,
        event_text,
        properties,
        event_timestamp,
        original_timestamp,
        received_at,
        context_user_agent
    from ({{ table.sql }}) as {{ adapter.quote(table.name) }}
    {% endfor %}

),
{% endif %}

tracked as (

    {% if event_tables %}
    select *
    from from_event_tables

    union all

    -- What does not stand in its event table (yet) is kept, without properties.
    select *
    from tracks
    where not exists (
        select 1
        from from_event_tables
        where from_event_tables.id = tracks.id
    )
    {% else %}
    select *
    from tracks
    {% endif %}

),

every_call as (

    select
        id,
        user_id,
        anonymous_id,
        context_traits_email,
        context_group_id,
        coalesce({{ blank_as_null('event_text') }}, event) as event_name,
        properties,
        event_timestamp,
        original_timestamp,
        received_at,
        context_user_agent
    from tracked

    union all

    select
        id,
        user_id,
        anonymous_id,
        context_traits_email,
        context_group_id,
        'Page Viewed' as event_name,
        {{ json_object_text({
            'name': 'name', 'category': 'category', 'url': 'url', 'path': 'path', 'title': 'title',
            'referrer': 'referrer', 'search': 'search',
        }) }} as properties,
        event_timestamp,
        original_timestamp,
        received_at,
        context_user_agent
    from {{ from_source('segment', 'pages') }}

    union all

    select
        id,
        user_id,
        anonymous_id,
        context_traits_email,
        context_group_id,
        'Screen Viewed' as event_name,
        {{ json_object_text({'name': 'name', 'category': 'category'}) }} as properties,
        event_timestamp,
        original_timestamp,
        received_at,
        context_user_agent
    from {{ from_source('segment', 'screens') }}

),

renamed as (

    select
        'segment:' || {{ blank_as_null('id') }} as event_id,
        {{ segment_user_id() }} as user_id,
        anonymous_id,
        context_group_id as account_id,
        event_name,
        properties,
        coalesce(event_timestamp, original_timestamp) as occurred_at,
        received_at,
        context_user_agent as user_agent
    from every_call

)

{{ contract_events('renamed') }}
