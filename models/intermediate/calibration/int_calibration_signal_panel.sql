-- What was measured on each row of the panel: the value of the signals of the definition on that day,
-- whether the condition holds, and the points it earns. Rows that say nothing (no value, or a count of 0,
-- whose condition does not hold) are left out; an average or an age of 0 does say something.
select
    panel.panel_row,
    panel.is_mature,
    points.signal_key,
    {{ signal_value_on('panel.panel_on', 'points.signal_value') }} as signal_value,
    points.is_met,
    points.points
from {{ ref('int_calibration_panel') }} as panel
inner join {{ ref('int_signal_points') }} as points
    on
        panel.entity_key = points.entity_key
        and panel.definition_key = points.definition_key
        and points.valid_from <= panel.panel_on
        and panel.panel_on < points.valid_to
inner join {{ ref('def_signals') }} as signals
    on points.signal_key = signals.signal_key
left join {{ ref('int_age_history') }} as ages
    on
        points.entity_key = ages.entity_key
        and points.signal_key = ages.signal_key
        and ages.valid_from <= panel.panel_on
        and panel.panel_on < ages.valid_to
where
    points.is_met
    or points.signal_value <> 0
    or (points.signal_value is not null and not signals.is_zero_when_absent)
