-- The signals that are met on each row of the panel.
select
    panel.panel_row,
    points.signal_key,
    points.points
from {{ ref('int_calibration_panel') }} as panel
inner join {{ ref('int_signal_points') }} as points
    on
        panel.entity_key = points.entity_key
        and panel.definition_key = points.definition_key
        and points.valid_from <= panel.panel_on
        and panel.panel_on < points.valid_to
where points.is_met
