{{ config(enabled='mixpanel' in var('pql_event_sources')) }}

-- An event that carries both ids (`$identify` among them) says who uses the device, from the first one received.
with named as (

    select
        user_id,
        anonymous_id,
        occurred_at,
        received_at,
        row_number() over (
            partition by user_id, anonymous_id
            order by received_at, occurred_at, event_id
        ) as arrival_number
    from {{ ref('stg_mixpanel__events') }}
    where
        quarantine_reason is null
        and user_id is not null
        and anonymous_id is not null

),

-- Where only the export knows it, the ids were merged after the last event under the anonymous one.
merged as (

    select
        events.merged_user_id as user_id,
        events.anonymous_id,
        max(events.occurred_at) as occurred_at,
        max(coalesce(events.received_at, events.occurred_at)) as received_at
    from {{ ref('base_mixpanel__events') }} as events
    left join named
        on
            events.merged_user_id = named.user_id
            and events.anonymous_id = named.anonymous_id
            and named.arrival_number = 1
    where
        events.merged_user_id is not null
        and events.anonymous_id is not null
        and events.occurred_at is not null
        and named.user_id is null
    group by events.merged_user_id, events.anonymous_id

),

renamed as (

    select
        user_id,
        anonymous_id,
        occurred_at as identified_at,
        received_at
    from named
    where arrival_number = 1

    union all

    select
        user_id,
        anonymous_id,
        occurred_at as identified_at,
        received_at
    from merged

)

{{ contract_identifies('renamed') }}
