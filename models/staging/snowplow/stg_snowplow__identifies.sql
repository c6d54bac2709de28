{{ config(enabled='snowplow' in var('pql_event_sources')) }}

-- An event of a known user says who uses the browser, from the first one that was received.
with ranked as (

    select
        user_id,
        anonymous_id,
        occurred_at,
        received_at,
        row_number() over (
            partition by user_id, anonymous_id
            order by received_at, occurred_at, event_id
        ) as arrival_number
    from {{ ref('stg_snowplow__events') }}
    where
        quarantine_reason is null
        and user_id is not null
        and anonymous_id is not null

),

renamed as (

    select
        user_id,
        anonymous_id,
        occurred_at as identified_at,
        received_at
    from ranked
    where arrival_number = 1

)

{{ contract_identifies('renamed') }}
