{{ config(enabled='segment' in var('pql_event_sources')) }}

with calls as (

    select
        {{ segment_user_id() }} as user_id,
        group_id as account_id,
        coalesce(event_timestamp, original_timestamp) as valid_from,
        cast(null as timestamp) as valid_to,
        received_at as recorded_at
    from {{ from_source('segment', 'groups') }}

),

renamed as (

    -- A call of a device without a user makes nobody a member.
    select *
    from calls
    where user_id is not null

)

{{ contract_memberships('renamed') }}
