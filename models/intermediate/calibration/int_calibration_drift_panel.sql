-- What drift is looked for in: the panel, days whose outcome is not observed yet included, and the
-- conversions as rows of their own (`is_case`) on their day, on which the panel has none of that entity.
select
    panel_row,
    definition_key,
    entity_id,
    account_id,
    eligible_from,
    panel_on,
    score,
    is_converted,
    false as is_case
from {{ ref('int_calibration_panel') }}

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
    true as is_converted,
    true as is_case
from {{ ref('int_conversion_cases') }}
