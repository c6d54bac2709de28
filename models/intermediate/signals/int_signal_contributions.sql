-- In which days each activity row counts for a signal: from the day it is known until it leaves the
-- window. With `within_days_of_signup` it counts only while the creation day known at the time allows it.
with contributions as (

    select
        signals.entity_type,
        activities.entity_id,
        signals.signal_key,
        signals.measure,
        activities.user_id,
        activities.object_value,
        activities.occurred_on,
        activities.known_on,
        greatest(activities.known_on, coalesce(creations.valid_from, activities.known_on)) as starts_on,
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
            activities.entity_type = creations.entity_type
            and activities.entity_id = creations.entity_id
            and signals.within_days_of_signup is not null
    where
        signals.within_days_of_signup is null
        or activities.occurred_on
        < {{ add_days('creations.created_on', 'signals.within_days_of_signup') }}

)

select
    entity_type,
    entity_id,
    signal_key,
    measure,
    user_id,
    object_value,
    occurred_on,
    known_on,
    starts_on,
    ends_on,
    creation_valid_to,
    event_count,
    value_count,
    value_sum
from contributions
where starts_on < ends_on
