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
            {{ posthog_text('$raw_user_agent') }},
            {{ posthog_text('$user_agent') }}
        ) as user_agent
    from events

)

{{ contract_events('renamed') }}
