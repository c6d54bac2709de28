-- What drift is looked for in: the panel on the days of the grid, so that each week counts once, those whose
-- outcome is not observed yet included; and the conversions as rows of their own (`is_case`) on their day, on
-- which the panel has none of that entity.
select
    panel.panel_row,
    panel.definition_key,
    panel.entity_id,
    panel.account_id,
    panel.eligible_from,
    panel.panel_on,
    panel.score,
    panel.is_required_met,
    panel.is_converted,
    false as is_case
from {{ ref('int_calibration_panel') }} as panel
inner join {{ ref('int_calibration_days') }} as days
    on panel.panel_on = days.panel_on
where days.is_on_grid

union all

select
    -1 * case_number as panel_row,
    definition_key,
    entity_id,
    account_id,
    eligible_from,
    converted_on as panel_on,
    -- Of a conversion only the signals are looked at.
    cast(0 as decimal(18, 4)) as score,
    false as is_required_met,
    true as is_converted,
    true as is_case
from {{ ref('int_conversion_cases') }}
