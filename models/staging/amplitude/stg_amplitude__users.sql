{{ config(enabled='amplitude' in var('pql_event_sources')) }}

-- The users that the events name. The first event received decides since when a user exists, so that a later
-- one does not change the past; the last one received has the newest address.
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

ranked as (

    select
        user_id,
        email,
        coalesce(first_seen_at, occurred_at) as created_at,
        row_number() over (
            partition by user_id
            order by received_at, occurred_at, first_seen_at, email
        ) as arrival_number,
        row_number() over (
            partition by user_id
            order by
                case when email is null then 1 else 0 end asc, received_at desc, occurred_at desc, email asc
        ) as email_number
    from events
    where
        user_id is not null
        and occurred_at is not null

),

renamed as (

    select
        user_id,
        cast(null as varchar) as account_id,
        max(case when email_number = 1 then email end) as email,
        false as is_internal,
        max(case when arrival_number = 1 then created_at end) as created_at
    from ranked
    group by user_id

)

{{ contract_users('renamed') }}
