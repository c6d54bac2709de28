-- In which days each activity row counts for a signal: from the day it is known until it leaves the
-- window. With `within_days_of_signup` it counts only while the creation day known at the time allows it.
-- What counts before the last final day of the entity counts from that day on: days before it stay.
with candidates as (

    select
        activities.entity_key,
        activities.final_on,
        signals.signal_number,
        signals.measure,
        signals.within_days_of_signup,
        activities.user_key,
        activities.object_value,
        activities.occurred_on,
        activities.known_on,
        coalesce({{ add_days('activities.occurred_on', 'signals.window_days') }}, date '9999-12-31') as leaves_on,
        activities.event_count,
        activities.value_count,
        activities.value_sum
    from {{ ref('int_entity_activities') }} as activities
    inner join {{ ref('def_scored_signals') }} as signals
        on
            activities.activity_key = signals.activity_key
            and activities.entity_type = signals.entity_type

),

-- Apart, so that not every row is joined with the creations for the few signals that look at them.
counting as (

    select
        *,
        known_on as counts_from,
        date '9999-12-31' as counts_to
    from candidates
    where within_days_of_signup is null

    union all

    select
        candidates.*,
        greatest(candidates.known_on, creations.valid_from) as counts_from,
        creations.valid_to as counts_to
    from candidates
    inner join {{ ref('int_entity_creations') }} as creations
        on
            candidates.entity_key = creations.entity_key
            and candidates.occurred_on
            < {{ add_days('creations.created_on', 'candidates.within_days_of_signup') }}
    where candidates.within_days_of_signup is not null

),

contributions as (

    select
        entity_key,
        signal_number,
        measure,
        user_key,
        object_value,
        occurred_on,
        greatest(counts_from, final_on) as starts_on,
        least(leaves_on, counts_to) as ends_on,
        counts_to as creation_valid_to,
        event_count,
        value_count,
        value_sum
    from counting

)

select *
from contributions
-- What had left the window on the last final day is not read any further.
where starts_on < ends_on
