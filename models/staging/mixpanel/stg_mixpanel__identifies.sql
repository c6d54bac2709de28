{{ config(enabled='mixpanel' in var('pql_event_sources')) }}

with {{ identifies_of_events(ref('stg_mixpanel__events'), 'named') }},

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
    where
        events.merged_user_id is not null
        and events.anonymous_id is not null
        and events.occurred_at is not null
        and named.user_id is null
    group by events.merged_user_id, events.anonymous_id

),

renamed as (

    select *
    from named

    union all

    select
        user_id,
        anonymous_id,
        occurred_at as identified_at,
        received_at
    from merged

)

{{ contract_identifies('renamed') }}
