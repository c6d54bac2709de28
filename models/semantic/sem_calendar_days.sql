-- The time spine of the semantic layer: every day from the first on which anything can have happened (earlier times are
-- implausible, docs/quarantine.md) to the as-of day.
with days as (

    select {{ add_days("date '2000-01-01'", 'generated_number - 1') }} as calendar_day
    from ({{ dbt.generate_series(100000) }}) as series

)

select days.calendar_day
from days
inner join {{ ref('int_as_of') }} as as_of
    on days.calendar_day <= as_of.as_of_on
