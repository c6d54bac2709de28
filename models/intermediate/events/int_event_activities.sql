-- One row per event and activity that it belongs to, with the object and the value that count.
with candidates as (

    select
        events.event_id,
        events.user_id,
        events.account_id,
        tracked.activity_key,
        tracked.operator,
        tracked.property_value,
        tracked.property_number,
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
    from {{ ref('int_events_attributed') }} as events
    inner join {{ ref('int_tracked_event_names') }} as tracked
        on events.event_name = tracked.event_name
    where not events.is_internal

)

select
    event_id,
    user_id,
    account_id,
    activity_key,
    object_value,
    measured_value,
    occurred_on,
    received_on,
    known_on,
    occurred_at,
    received_at
from candidates
where
    operator is null
    or (operator = 'exists' and found_value is not null)
    or {{ condition_holds(
        'found_value', safe_cast_to('found_value', 'decimal(38, 9)'), 'operator', 'property_value',
        'property_number'
    ) }}
