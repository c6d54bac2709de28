{{ config(enabled='segment' in var('pql_event_sources')) }}
-- depends_on: {{ ref('def_activities') }}
{% set event_tables = segment_event_tables() %}

{% if event_tables %}
with from_event_tables as (

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

tracked as (
{% else %}
with tracked as (
{% endif %}

    select
        id,
        user_id,
        anonymous_id,
        context_traits_email,
        context_group_id,
        event,
        event_text,
        cast(null as varchar) as properties,
        event_timestamp,
        original_timestamp,
        received_at,
        context_user_agent
    from {{ from_source('segment', 'tracks') }} as tracks
    {% if event_tables %}
    -- A row that stands in its event table comes from there, with its properties; one that does not (yet) is kept.
    where not exists (
        select 1
        from from_event_tables
        where tracks.id = from_event_tables.id
    )

    union all

    select *
    from from_event_tables
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
    from {{ from_source('segment', 'pages') }} as pages

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
    from {{ from_source('segment', 'screens') }} as screens

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
