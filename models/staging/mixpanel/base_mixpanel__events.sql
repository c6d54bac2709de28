{{ config(enabled='mixpanel' in var('pql_event_sources')) }}

-- The rows of both shapes with the ids as the event said them, in one form.
with fivetran as (

    select
        name as event_name,
        properties,
        {{ json_or_null('properties') }} as json_properties,
        cast(time as {{ dbt.type_string() }}) as raw_time,
        cast(mp_processing_time_ms as {{ dbt.type_string() }}) as raw_processing_time,
        {{ safe_cast_to('_fivetran_synced', 'timestamp') }} as synced_at,
        {{ blank_as_null('distinct_id') }} as distinct_id,
        {{ blank_as_null('distinct_id_before_identity') }} as distinct_id_before_identity,
        {{ blank_as_null('insert_id') }} as insert_id,
        {{ blank_as_null('user_id') }} as user_id,
        {{ blank_as_null('device_id') }} as device_id
    from {{ from_source('mixpanel', 'event') }}

),

raw_export as (

    select
        event as event_name,
        properties,
        {{ json_or_null('properties') }} as json_properties
    from {{ from_source('mixpanel', 'export') }}

),

combined as (

    select
        event_name,
        properties,
        json_properties,
        raw_time,
        raw_processing_time,
        synced_at,
        distinct_id,
        distinct_id_before_identity,
        insert_id,
        coalesce(user_id, {{ blank_as_null(json_text('json_properties', "'$user_id'")) }}) as user_id,
        coalesce(device_id, {{ blank_as_null(json_text('json_properties', "'$device_id'")) }}) as device_id
    from fivetran

    union all

    select
        event_name,
        properties,
        json_properties,
        {{ json_text('json_properties', "'time'") }} as raw_time,
        {{ json_text('json_properties', "'mp_processing_time_ms'") }} as raw_processing_time,
        cast(null as timestamp) as synced_at,
        {{ blank_as_null(json_text('json_properties', "'distinct_id'")) }} as distinct_id,
        {{ blank_as_null(json_text('json_properties', "'$distinct_id_before_identity'")) }}
            as distinct_id_before_identity,
        {{ blank_as_null(json_text('json_properties', "'$insert_id'")) }} as insert_id,
        {{ blank_as_null(json_text('json_properties', "'$user_id'")) }} as user_id,
        {{ blank_as_null(json_text('json_properties', "'$device_id'")) }} as device_id
    from raw_export

),

numbers as (

    select
        *,
        {{ safe_cast_to('raw_time', 'decimal(20, 3)') }} as time_number,
        {{ safe_cast_to('raw_processing_time', 'bigint') }} as processing_time_number
    from combined

),

-- A time is a timestamp, or a number: of seconds, or with the option `time_in_ms` of milliseconds, which differ
-- by more than any plausible time. Numbers that are no time between 1970 and 9999 stay unreadable.
milliseconds as (

    select
        *,
        case
            when time_number between 0 and 99999999999 then cast(time_number * 1000 as bigint)
            when time_number between 100000000000 and 253402300799999 then cast(time_number as bigint)
        end as time_ms,
        -- What is before 2000 or after 2100 is no time: some exports hold a duration here.
        case
            when processing_time_number between 946684800000 and 4102444800000 then processing_time_number
        end as processing_ms
    from numbers

),

timed as (

    select
        *,
        coalesce(
            {{ timestamp_of_milliseconds('time_ms') }},
            {{ utc_time('raw_time') }}
        ) as local_occurred_at,
        coalesce({{ timestamp_of_milliseconds('processing_ms') }}, synced_at) as received_at
    from milliseconds

),

converted as (

    select
        *,
        {{ utc_of_local_time('local_occurred_at', var('pql_mixpanel_time_zone')) }} as occurred_at,
        -- Mixpanel rewrites `distinct_id` when ids are merged: the event said the one before.
        coalesce(distinct_id_before_identity, distinct_id) as sent_id,
        case when device_id like '$device:%' then substr(device_id, 9) else device_id end as bare_device_id,
        -- The call that links an anonymous id with a user.
        case
            when event_name = '$identify' then {{ blank_as_null(json_text('json_properties', "'$identified_id'")) }}
        end as identified_id,
        case
            when event_name = '$identify' then {{ blank_as_null(json_text('json_properties', "'$anon_id'")) }}
        end as identified_anonymous_id
    from timed

),

-- Whether the event itself names a user. `$device:` marks a device; an id that was merged into another one is
-- taken for a device's where it looks like the ids that the libraries make up.
named as (

    select
        *,
        case
            when identified_id is not null then identified_id
            when user_id is not null then user_id
            when sent_id like '$device:%' or sent_id = device_id or sent_id = bare_device_id then null
            when distinct_id_before_identity is null or distinct_id_before_identity = distinct_id then sent_id
            when distinct_id like '$device:%' or distinct_id = device_id or distinct_id = bare_device_id then sent_id
            when sent_id not like '%-%-%-%-%' then sent_id
        end as named_user_id,
        case when sent_id like '$device:%' then substr(sent_id, 9) else sent_id end as bare_sent_id
    from converted

)

select
    event_name,
    properties,
    json_properties,
    named_user_id as user_id,
    case
        when identified_anonymous_id like '$device:%' then substr(identified_anonymous_id, 9)
        when identified_anonymous_id is not null then identified_anonymous_id
        when bare_device_id is not null then bare_device_id
        when named_user_id is null then bare_sent_id
    end as anonymous_id,
    -- Who the person is, where only the export knows it.
    case
        when named_user_id is null and distinct_id <> sent_id and distinct_id not like '$device:%' then distinct_id
    end as merged_user_id,
    sent_id,
    insert_id,
    raw_time,
    occurred_at,
    received_at
from named
