-- The signals of each active definition: what is measured and compared, and the points it earns.
select
    weights.definition_key,
    weights.signal_key,
    signals.measure,
    signals.operator,
    signals.threshold,
    weights.points,
    weights.points_per_unit,
    weights.max_points,
    signals.is_zero_when_absent
from {{ ref('def_weights') }} as weights
inner join {{ ref('def_signals') }} as signals
    on weights.signal_key = signals.signal_key
