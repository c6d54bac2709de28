{{ config(enabled='segment' in var('pql_event_sources')) }}

-- From the log of identify calls. The vendor's table `users` is not read: it holds only the latest state.
{% set latest_call = ["coalesce(called_at, timestamp '1900-01-01 00:00:00')", 'id'] %}

with calls as (

    select
        coalesce(cast(id as {{ dbt.type_string() }}), '') as id,
        {{ segment_user_id() }} as user_id,
        {{ blank_as_null('context_traits_email') }} as email,
        {{ was_known(
            plausible_time('coalesce(event_timestamp, original_timestamp)'), plausible_time('received_at')
        ) }} as was_known,
        {{ plausible_time('created_at') }} as created_at,
        {{ plausible_time('coalesce(event_timestamp, original_timestamp)') }} as called_at,
        coalesce(event_timestamp, original_timestamp) as raw_called_at
    from {{ from_source('segment', 'identifies') }}

),

renamed as (

    -- A call without a user tells traits of a device.
    select
        user_id,
        cast(null as {{ dbt.type_string() }}) as account_id,
        {{ latest_text('case when was_known then email end', latest_call) }} as email,
        cast(null as boolean) as is_internal,
        coalesce(
            cast(coalesce(min(created_at), min(called_at)) as {{ dbt.type_string() }}),
            cast(min(raw_called_at) as {{ dbt.type_string() }})
        ) as created_at
    from calls
    where user_id is not null
    group by user_id

)

{{ contract_users('renamed') }}
