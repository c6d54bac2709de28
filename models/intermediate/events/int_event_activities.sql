-- One row per event and activity that it belongs to, with the object and the value that count, and for
-- events of no plain activity one row without an activity that counts the event: the one pass over the raw
-- events. Ids are those of the event; who did it and whose account it belongs to is decided where the rows
-- are read.
-- depends_on: {{ ref('int_build_plan') }} {{ ref('int_reread_rows') }}
with tracked_names as (

    select distinct event_name
    from {{ ref('int_tracked_events') }}

),

named as (

    select
        events.*,
        coalesce(tracked_names.event_name, '*') as tracked_name
    from {{ ref('int_events_deduplicated') }} as events
    left join tracked_names
        on events.event_name = tracked_names.event_name

),

candidates as (

    select
        events.source_name,
        events.user_id,
        events.account_id,
        case when events.user_id is null and events.account_id is null then events.anonymous_id end as anonymous_id,
        tracked.activity_key,
        tracked.operator,
        tracked.property_value,
        tracked.property_number,
        tracked.counts_event,
        case
            when tracked.property is not null
                then {{ json_text('events.properties', 'tracked.property') }}
        end as found_value,
        case
            when tracked.object_property is not null
                then {{ json_text('events.properties', 'tracked.object_property') }}
        end as object_value,
        case
            when tracked.value_property is not null
                then {{ safe_cast_to(json_text('events.properties', 'tracked.value_property'), 'decimal(27, 9)') }}
        end as measured_value,
        events.occurred_on,
        events.received_on,
        events.known_on,
        events.occurred_at,
        events.received_at
    from named as events
    inner join {{ ref('int_tracked_events') }} as tracked
        on events.tracked_name = tracked.event_name

),

matching as (

    select *
    from candidates
    where
        operator is null
        or (operator = 'exists' and found_value is not null)
        or {{ condition_holds(
            'found_value', safe_cast_to('found_value', 'decimal(38, 9)'), 'operator', 'property_value',
            'property_number'
        ) }}

)

select
    matching.source_name,
    accounts.entity_key as account_key,
    users.entity_key as user_key,
    anonymous.entity_key as anonymous_key,
    matching.activity_key,
    matching.object_value,
    matching.measured_value,
    matching.counts_event,
    matching.occurred_on,
    matching.received_on,
    matching.known_on,
    matching.occurred_at,
    -- A historical load counts from when it occurred.
    case
        when {{ is_historical_load('matching.occurred_on', 'matching.received_on') }}
            then matching.occurred_at
        else greatest(matching.occurred_at, matching.received_at)
    end as known_at
from matching
left join {{ ref('int_entity_keys') }} as users
    on
        matching.user_id = users.entity_id
        and users.entity_type = 'user'
left join {{ ref('int_entity_keys') }} as accounts
    on
        matching.account_id = accounts.entity_id
        and accounts.entity_type = 'account'
left join {{ ref('int_entity_keys') }} as anonymous
    on
        matching.anonymous_id = anonymous.entity_id
        and anonymous.entity_type = 'anonymous'
