-- Size of the panel on each day of the grid whose horizon is observed.
select
    panel_on,
    count(*) as entity_count
from {{ ref('int_calibration_panel') }}
where is_mature
group by panel_on
