-- The number of events of every day of arrival, days without any as 0: of each source (`*`, every event as in
-- the tracking plan) and of each tracked name from the first day on which the source sent it. All sources end
-- on the last day on which any of them sent something, so that a source that fell silent is seen.
with counts as (

    select
        daily.source_name,
        daily.event_name,
        daily.received_on,
        daily.event_count
    from {{ ref('int_event_volume_daily') }} as daily
    inner join {{ ref('int_as_of') }} as as_of
        on
            daily.received_on <= as_of.as_of_on
            -- Earlier days are wrong clocks.
            and daily.received_on >= date '2000-01-01'

),

named as (

    select
        source_name,
        event_name,
        received_on,
        event_count
    from counts
    where event_name <> '*'

    union all

    select
        source_name,
        '*' as event_name,
        received_on,
        sum(event_count) as event_count
    from counts
    group by source_name, received_on

),

ranges as (

    select
        source_name,
        event_name,
        min(received_on) as first_on
    from named
    group by source_name, event_name

),

last_days as (

    select max(received_on) as last_on
    from counts

),

-- 10,000 days are 27 years.
numbers as (

    select generated_number - 1 as day_number
    from ({{ dbt.generate_series(10000) }}) as series

),

days as (

    select
        ranges.source_name,
        ranges.event_name,
        {{ add_days('ranges.first_on', 'numbers.day_number') }} as received_on,
        last_days.last_on
    from ranges
    cross join last_days
    inner join numbers
        on numbers.day_number <= {{ days_between('ranges.first_on', 'last_days.last_on') }}

)

select
    days.source_name,
    days.event_name,
    days.received_on,
    cast(coalesce(named.event_count, 0) as bigint) as event_count,
    days.received_on = days.last_on as is_last_day
from days
left join named
    on
        days.source_name = named.source_name
        and days.event_name = named.event_name
        and days.received_on = named.received_on
