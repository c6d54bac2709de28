{{ config(enabled='amplitude' in var('pql_event_sources')) }}

-- Amplitude counts an insert id once per device.
with keyed as (

    select
        *,
        {{ blank_as_null('_insert_id') }} as insert_key,
        {{ blank_as_null('uuid') }} as uuid_key,
        {{ blank_as_null('device_id') }} as device_key,
        {{ blank_as_null('id') }} as id_key,
        -- The same text, whatever form the time comes in.
        coalesce(
            cast({{ safe_cast_to('server_upload_time', 'timestamp') }} as {{ dbt.type_string() }}),
            {{ blank_as_null('server_upload_time') }}
        ) as upload_key
    from {{ from_source('amplitude', 'event') }}

),

renamed as (

    select
        case
            when insert_key is not null then 'amplitude:insert:' || {{ key_text(['insert_key', 'device_key']) }}
            when uuid_key is not null then 'amplitude:uuid:' || uuid_key
            when id_key is not null then 'amplitude:row:' || {{ key_text(['device_key', 'id_key', 'upload_key']) }}
        end as event_id,
        user_id,
        coalesce(device_key, {{ blank_as_null('amplitude_id') }}) as anonymous_id,
        {{ only_json_text(json_or_null('groups'), string_literal(var('pql_amplitude_group_type'))) }} as account_id,
        event_type as event_name,
        event_properties as properties,
        event_time as occurred_at,
        coalesce(
            {{ blank_as_null('server_upload_time') }},
            {{ blank_as_null('processed_time') }},
            {{ blank_as_null('server_received_time') }}
        ) as received_at,
        cast(null as {{ dbt.type_string() }}) as user_agent
    from keyed

)

{{ contract_events('renamed') }}
