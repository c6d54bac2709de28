-- What was measured on each row that drift is looked for in; of a conversion on the day before it.
select
    signals.panel_row,
    signals.signal_key,
    signals.signal_value,
    signals.is_met
from {{ ref('int_calibration_signal_panel') }} as signals
inner join {{ ref('int_calibration_drift_panel') }} as panel
    on signals.panel_row = panel.panel_row

union all

select
    -1 * cases.case_number as panel_row,
    points.signal_key,
    {{ signal_value_on('cases.day_before', 'points.signal_value') }} as signal_value,
    points.is_met
from {{ ref('int_conversion_cases') }} as cases
inner join {{ ref('int_signal_points') }} as points
    on
        cases.entity_key = points.entity_key
        and cases.definition_key = points.definition_key
        and points.valid_from <= cases.day_before
        and cases.day_before < points.valid_to
left join {{ ref('int_age_history') }} as ages
    on
        cases.entity_key = ages.entity_key
        and points.signal_key = ages.signal_key
        and ages.valid_from <= cases.day_before
        and cases.day_before < ages.valid_to
where points.is_met
