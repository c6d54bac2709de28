-- The weekly grid of the calibration: every Monday from the first event on whose horizon is fully
-- observed by the as-of day.
with recursive bounds as (

    select
        min(events.known_on) as first_on,
        {{ add_days('max(as_of.as_of_on)', -1 * var('pql_horizon_days')) }} as last_on
    from {{ ref('int_activities_attributed') }} as events
    cross join {{ ref('int_as_of') }} as as_of
    where not events.is_internal

),

days as (

    select
        {{ add_days("cast(" ~ dbt.date_trunc('week', 'first_on') ~ " as date)", 7) }} as panel_on,
        last_on
    from bounds

    union all

    select
        {{ add_days('panel_on', 7) }} as panel_on,
        last_on
    from days
    where {{ add_days('panel_on', 7) }} <= last_on

)

select panel_on
from days
where panel_on <= last_on
