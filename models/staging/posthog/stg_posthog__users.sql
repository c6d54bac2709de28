{{ config(enabled='posthog' in var('pql_event_sources')) }}

-- From what the events say of the person at the time they came in. The table `persons` is not read: it holds
-- only the latest state, and counts a person from the first anonymous visit.
{% set latest_call = ["coalesce(occurred_at, timestamp '1900-01-01 00:00:00')", 'event_id'] %}

with events as (

    {{ posthog_events() }}

),

told as (

    select
        coalesce(event_id, '') as event_id,
        user_id,
        coalesce(
            {{ json_text('person_body', "'email'") }},
            {{ json_text('set_body', "'email'") }},
            {{ json_text(posthog_part('$set'), "'email'") }}
        ) as email,
        {{ was_known(plausible_time('occurred_at'), plausible_time('received_at')) }} as was_known,
        {{ plausible_time(json_text('person_body', "'created_at'")) }} as created_at,
        {{ plausible_time('occurred_at') }} as occurred_at,
        occurred_at as raw_occurred_at
    from events

),

renamed as (

    select
        user_id,
        cast(null as {{ dbt.type_string() }}) as account_id,
        {{ latest_text('case when was_known then email end', latest_call) }} as email,
        cast(null as boolean) as is_internal,
        coalesce(
            cast(coalesce(min(created_at), min(occurred_at)) as {{ dbt.type_string() }}),
            cast(min(raw_occurred_at) as {{ dbt.type_string() }})
        ) as created_at
    from told
    group by user_id
    -- Not a condition on the rows: an engine would look into every body once more for it.
    having count(user_id) > 0

)

{{ contract_users('renamed') }}
