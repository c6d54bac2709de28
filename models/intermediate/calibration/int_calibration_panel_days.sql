-- Size of the panel on each day of the grid.
select
    panel_on,
    count(*) as entity_count
from {{ ref('int_calibration_panel') }}
group by panel_on
