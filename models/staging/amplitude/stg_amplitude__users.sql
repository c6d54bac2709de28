{{ config(enabled='amplitude' in var('pql_event_sources')) }}

-- The users that the events name. The first event received decides since when a user exists, so that a later
-- one does not change the past; the last one received has the newest address.
{% set known_email = 'case when ' ~ was_known('occurred_at', 'received_at') ~ ' then email end' %}

with events as (

    select
        {{ blank_as_null('user_id') }} as user_id,
        {{ blank_as_null(json_text(json_or_null('user_properties'), "'email'")) }} as email,
        {{ safe_cast_to('user_creation_time', 'timestamp') }} as first_seen_at,
        {{ safe_cast_to('event_time', 'timestamp') }} as occurred_at,
        coalesce(
            {{ safe_cast_to('server_upload_time', 'timestamp') }},
            {{ safe_cast_to('processed_time', 'timestamp') }},
            {{ safe_cast_to('server_received_time', 'timestamp') }},
            {{ safe_cast_to('event_time', 'timestamp') }}
        ) as received_at
    from {{ from_source('amplitude', 'event') }}

),

renamed as (

    select
        user_id,
        cast(null as {{ dbt.type_string() }}) as account_id,
        {{ latest_text(known_email, ['received_at', 'occurred_at', 'email']) }} as email,
        false as is_internal,
        {{ earliest_time('coalesce(first_seen_at, occurred_at)', [
            'received_at', 'occurred_at', 'coalesce(first_seen_at, occurred_at)'
        ]) }} as created_at
    from events
    where
        user_id is not null
        and occurred_at is not null
    group by user_id

)

{{ contract_users('renamed') }}
