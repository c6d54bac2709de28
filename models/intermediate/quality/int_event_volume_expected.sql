-- What each day's number of events is compared with: median of the same weekday in the weeks before, and how
-- far the days of a weekday usually lie from their median, between square roots. Eight days say little about
-- that: it is averaged over the seven weekdays. Medians by rank, which every engine has.
{% set rule = event_volume_rule() %}
with weeks as (

    {% for week in range(1, rule.weeks + 1) %}
    {{ "union all" if not loop.first }}
    select {{ 7 * week }} as days_before
    {% endfor %}

),

compared as (

    select
        days.source_name,
        days.event_name,
        days.received_on,
        past.received_on as past_on,
        past.event_count as past_count
    from {{ ref('int_event_volume_days') }} as days
    cross join weeks
    inner join {{ ref('int_event_volume_days') }} as past
        on
            days.source_name = past.source_name
            and days.event_name = past.event_name
            and days.received_on = {{ add_days('past.received_on', 'weeks.days_before') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by source_name, event_name, received_on
            order by past_count, past_on
        ) as place,
        count(*) over (partition by source_name, event_name, received_on) as past_days
    from compared

),

expected as (

    select
        source_name,
        event_name,
        received_on,
        cast(avg(past_count) as decimal(18, 2)) as expected_count
    from ranked
    where 2 * place between past_days and past_days + 2
    group by source_name, event_name, received_on

),

distances as (

    select
        ranked.source_name,
        ranked.event_name,
        ranked.received_on,
        ranked.past_days,
        expected.expected_count,
        abs(sqrt(ranked.past_count) - sqrt(expected.expected_count)) as distance,
        row_number() over (
            partition by ranked.source_name, ranked.event_name, ranked.received_on
            order by
                abs(sqrt(ranked.past_count) - sqrt(expected.expected_count)), ranked.past_count, ranked.past_on
        ) as place
    from ranked
    inner join expected
        on
            ranked.source_name = expected.source_name
            and ranked.event_name = expected.event_name
            and ranked.received_on = expected.received_on

),

weekdays as (

    select
        source_name,
        event_name,
        received_on,
        past_days as comparable_days,
        expected_count,
        avg(distance) as median_distance
    from distances
    where 2 * place between past_days and past_days + 2
    group by source_name, event_name, received_on, past_days, expected_count

)

select
    source_name,
    event_name,
    received_on,
    comparable_days,
    expected_count,
    cast(avg(median_distance) over (
        partition by source_name, event_name
        order by received_on
        rows between 6 preceding and current row
    ) as decimal(18, 6)) as usual_distance
from weekdays
