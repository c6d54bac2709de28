-- How many events arrived on each day, and whether that is unusual for the weekday.
{% set rule = event_volume_rule() %}
with compared as (

    select
        days.source_name,
        days.event_name,
        days.received_on,
        days.event_count,
        days.is_last_day,
        coalesce(expected.comparable_days, 0) as comparable_days,
        case when expected.comparable_days >= {{ rule.least_days }} then expected.expected_count end as expected_count,
        greatest(
            {{ rule.least_distance }},
            -- 1.4826 median distances are a standard deviation, if the numbers are normally distributed.
            {{ rule.deviations }} * 1.4826 * expected.usual_distance
        ) as half_width
    from {{ ref('int_event_volume_days') }} as days
    left join {{ ref('int_event_volume_expected') }} as expected
        on
            days.source_name = expected.source_name
            and days.event_name = expected.event_name
            and days.received_on = expected.received_on

),

bounded as (

    select
        *,
        case
            when expected_count is not null
                then least(
                    (1 - {{ rule.least_share }}) * expected_count,
                    power(greatest(0, sqrt(expected_count) - half_width), 2)
                )
        end as lower_bound,
        case
            when expected_count is not null
                then greatest(
                    (1 + {{ rule.least_share }}) * expected_count,
                    power(sqrt(expected_count) + half_width, 2)
                )
        end as upper_bound
    from compared

),

judged as (

    select
        *,
        case
            when expected_count is null then 'too_few_days'
            when event_count > upper_bound then 'too_many'
            -- The rest of the last day may still arrive.
            when event_count < lower_bound and is_last_day then 'unfinished'
            when event_count < lower_bound then 'too_few'
            else 'usual'
        end as verdict
    from bounded

)

select
    source_name,
    event_name,
    verdict,
    case
        when verdict = 'too_many'
            then 'more than usual: was a load repeated, or does something send in a loop?'
        when verdict = 'too_few' and event_count = 0
            then 'nothing arrived: is the tracker or the load broken?'
        when verdict = 'too_few'
            then 'fewer than usual: has a part of the tracking or of the load failed?'
        when verdict = 'unfinished'
            then 'the last day of the data: the rest may still arrive'
        when verdict = 'too_few_days'
            then 'fewer than {{ rule.least_days }} days of this weekday before it'
    end as reason,
    cast(event_count as bigint) as event_count,
    cast(comparable_days as integer) as comparable_days,
    cast(expected_count as decimal(18, 2)) as expected_count,
    cast(lower_bound as decimal(18, 2)) as lower_bound,
    cast(upper_bound as decimal(18, 2)) as upper_bound,
    verdict in ('too_few', 'too_many') as is_anomaly,
    received_on
from judged
