{{ config(enabled='posthog' in var('pql_event_sources')) }}

with events as (

    {{ posthog_events() }}

),

renamed as (

    select
        event_id,
        user_id,
        anonymous_id,
        account_id,
        event_name,
        properties,
        occurred_at,
        received_at,
        coalesce(
            {{ json_text('body', "'$raw_user_agent'") }},
            {{ json_text('body', "'$user_agent'") }}
        ) as user_agent
    from events

)

{{ contract_events('renamed') }}
