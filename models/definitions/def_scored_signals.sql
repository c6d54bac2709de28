-- The signals that an active definition of the entity type gives weight to: what is computed.
select
    used.entity_type,
    signals.signal_key,
    -- For joins and sums over millions of rows; it is not kept in any history.
    cast(row_number() over (order by used.entity_type, signals.signal_key) as integer) as signal_number,
    signals.activity_key,
    coalesce(activities.is_every_event, false) as is_every_event,
    signals.attribute,
    signals.measure,
    signals.operator,
    signals.threshold_text,
    signals.window_days,
    signals.within_days_of_signup,
    signals.decay_every_days,
    signals.decay_rate,
    signals.threshold
from (
    select distinct
        entity_type,
        signal_key
    from {{ ref('def_weights') }}
) as used
inner join {{ ref('def_signals') }} as signals
    on used.signal_key = signals.signal_key
left join {{ ref('def_activities') }} as activities
    on signals.activity_key = activities.activity_key
