{{ config(enabled='segment' in var('pql_event_sources')) }}

with calls as (

    select
        {{ segment_user_id() }} as user_id,
        anonymous_id,
        coalesce(event_timestamp, original_timestamp) as identified_at,
        received_at
    from {{ from_source('segment', 'identifies') }}

),

renamed as (

    -- A call without a user only tells traits of a device, one of a server names no device: neither ties the two.
    select
        user_id,
        anonymous_id,
        identified_at,
        received_at
    from calls
    where user_id is not null and {{ blank_as_null('anonymous_id') }} is not null

    union all

    select
        user_id,
        previous_id as anonymous_id,
        coalesce(event_timestamp, original_timestamp) as identified_at,
        received_at
    from {{ from_source('segment', 'aliases') }}

)

{{ contract_identifies('renamed') }}
