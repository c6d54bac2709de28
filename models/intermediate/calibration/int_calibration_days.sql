-- The grid of the calibration: the first Monday after the first event and every `pql_panel_every_days`
-- days from there to the as-of day, with whether the horizon of the day is fully observed; and the as-of
-- day itself, on which the models speak about today, be it on the grid or not.
with recursive bounds as (

    select
        min(events.known_on) as first_on,
        max(as_of.as_of_on) as as_of_on
    from {{ ref('int_activities_attributed') }} as events
    cross join {{ ref('int_as_of') }} as as_of
    where not events.is_internal

),

days as (

    select
        {{ add_days(start_of('week', 'first_on'), 7) }} as panel_on,
        as_of_on
    from bounds

    union all

    select
        {{ add_days('panel_on', whole_days('pql_panel_every_days')) }} as panel_on,
        as_of_on
    from days
    where {{ add_days('panel_on', whole_days('pql_panel_every_days')) }} <= as_of_on

),

days_and_today as (

    select
        panel_on,
        as_of_on,
        true as is_on_grid
    from days
    where panel_on <= as_of_on

    union all

    select
        bounds.as_of_on as panel_on,
        bounds.as_of_on,
        false as is_on_grid
    from bounds
    left join days
        on bounds.as_of_on = days.panel_on
    where bounds.as_of_on is not null and days.panel_on is null

)

select
    panel_on,
    panel_on <= {{ add_days('as_of_on', -1 * whole_days('pql_horizon_days')) }} as is_mature,
    is_on_grid,
    panel_on = as_of_on as is_as_of
from days_and_today
