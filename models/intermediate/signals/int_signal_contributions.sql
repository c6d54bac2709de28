-- In which days each activity row counts for a signal: from the day it is known until it leaves the
-- window. With `within_days_of_signup` it counts only while the creation day known at the time allows it.
-- What counts before the last final day of the entity counts from that day on: days before it stay.
with contributions as (

    select
        activities.entity_key,
        activities.entity_type,
        signals.signal_key,
        signals.signal_number,
        signals.measure,
        activities.user_key,
        activities.object_value,
        activities.occurred_on,
        activities.known_on,
        activities.is_attributed_later,
        greatest(
            activities.known_on,
            coalesce(creations.valid_from, activities.known_on),
            activities.final_on
        ) as starts_on,
        least(
            coalesce({{ add_days('activities.occurred_on', 'signals.window_days') }}, date '9999-12-31'),
            coalesce(creations.valid_to, date '9999-12-31')
        ) as ends_on,
        coalesce(creations.valid_to, date '9999-12-31') as creation_valid_to,
        activities.event_count,
        activities.value_count,
        activities.value_sum
    from {{ ref('int_entity_activities') }} as activities
    inner join {{ ref('def_scored_signals') }} as signals
        on
            activities.activity_key = signals.activity_key
            and activities.entity_type = signals.entity_type
    left join {{ ref('int_entity_creations') }} as creations
        on
            activities.entity_key = creations.entity_key
            and signals.within_days_of_signup is not null
    where
        (
            signals.within_days_of_signup is null
            or activities.occurred_on
            < {{ add_days('creations.created_on', 'signals.within_days_of_signup') }}
        )
        -- What had left the window on the last final day is not read any further.
        and (
            signals.window_days is null
            or activities.final_on < {{ add_days('activities.occurred_on', 'signals.window_days') }}
        )

)

select *
from contributions
where starts_on < ends_on
