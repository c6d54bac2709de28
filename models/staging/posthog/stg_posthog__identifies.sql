{{ config(enabled='posthog' in var('pql_event_sources')) }}

with events as (

    {{ posthog_events() }}

),

named as (

    select
        distinct_id,
        is_anonymous,
        event_name,
        {{ posthog_text('$anon_distinct_id') }} as anon_distinct_id,
        {{ posthog_text('alias') }} as alias_id,
        {{ posthog_text('$lib') }} as library,
        occurred_at,
        received_at
    from events
    where event_name in ('$identify', '$create_alias')

),

renamed as (

    -- Without an earlier id (of a server, or said again) a call ties nothing.
    select
        distinct_id as user_id,
        anon_distinct_id as anonymous_id,
        occurred_at as identified_at,
        received_at
    from named
    where event_name = '$identify' and anon_distinct_id is not null and anon_distinct_id <> distinct_id

    union all

    -- An alias is a second id of a user; but an id that is still anonymous, and the `previous_id` which the
    -- library for Python sends in the place of the user's, is the earlier one.
    select
        case when is_anonymous or library = 'posthog-python' then alias_id else distinct_id end as user_id,
        case when is_anonymous or library = 'posthog-python' then distinct_id else alias_id end as anonymous_id,
        occurred_at as identified_at,
        received_at
    from named
    where event_name = '$create_alias'

)

{{ contract_identifies('renamed') }}
