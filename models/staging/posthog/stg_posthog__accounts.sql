{{ config(enabled='posthog' in var('pql_event_sources')) }}

-- From `$groupidentify`: the latest value of each property of the groups that are accounts.
{% set latest_call = ["coalesce(called_at, timestamp '1900-01-01 00:00:00')", 'event_id'] %}

with events as (

    {{ posthog_events() }}

),

calls as (

    select
        coalesce(event_id, '') as event_id,
        {{ blank_as_null('group_key') }} as account_id,
        {{ posthog_part('$group_set') }} as traits,
        {{ was_known(plausible_time('occurred_at'), plausible_time('received_at')) }} as was_known,
        {{ plausible_time('occurred_at') }} as called_at,
        occurred_at as raw_called_at
    from events
    where event_name = '$groupidentify' and group_type = {{ string_literal(var('pql_posthog_group_type')) }}

),

named as (

    select
        event_id,
        account_id,
        {{ blank_as_null(json_text('traits', "'name'")) }} as account_name,
        coalesce(
            {{ blank_as_null(json_text('traits', "'domain'")) }},
            {{ blank_as_null(json_text('traits', "'website'")) }}
        ) as domain,
        {{ blank_as_null(json_text('traits', "'plan'")) }} as plan,
        {{ blank_as_null(json_text('traits', "'country'")) }} as country,
        coalesce(
            {{ blank_as_null(json_text('traits', "'employees'")) }},
            {{ blank_as_null(json_text('traits', "'employee_count'")) }}
        ) as employee_count,
        {{ plausible_time(json_text('traits', "'created_at'")) }} as created_at,
        was_known,
        called_at,
        raw_called_at
    from calls
    -- A call without a key names no account.
    where account_id is not null

),

renamed as (

    select
        account_id,
        cast(null as {{ dbt.type_string() }}) as parent_account_id,
        {{ latest_text('case when was_known then account_name end', latest_call) }} as account_name,
        {{ latest_text('case when was_known then domain end', latest_call) }} as domain,
        {{ latest_text('case when was_known then plan end', latest_call) }} as plan,
        cast(null as {{ dbt.type_string() }}) as acquisition_channel,
        {{ latest_text('case when was_known then country end', latest_call) }} as country,
        {{ latest_text('case when was_known then employee_count end', latest_call) }} as employee_count,
        coalesce(
            cast(coalesce(min(created_at), min(called_at)) as {{ dbt.type_string() }}),
            cast(min(raw_called_at) as {{ dbt.type_string() }})
        ) as created_at
    from named
    group by account_id

)

{{ contract_accounts('renamed') }}
