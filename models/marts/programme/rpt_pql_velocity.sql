-- Time from the signup to qualifying and to paying, and from qualifying to paying: Kaplan-Meier estimates, so that
-- accounts that still wait count for as long as they were looked at. 95 % intervals from Greenwood's variance on the
-- log-log scale, and Wilson's where nobody or everybody has got there; of the median the days on which the
-- interval of the curve holds a half (Brookmeyer and Crowley, 1982).
{% set keys = [
    'basis', 'definition_key', 'cohort_by', 'cohort_grain', 'cohort_start', 'acquisition_channel', 'clock'
] %}
{% set milestones = [30, 60, 90] %}
{% set z = normal_quantile() %}
-- Running sums of logarithms leave the residue of a rounding.
{% set half = 0.5 - 1e-9 %}

with cohorts as (

    select
        {{ keys | join(', ') }},
        sum(case when outcome <> 'before' then account_count else 0 end) as account_count,
        sum(case when outcome = 'reached' then account_count else 0 end) as reached_count,
        sum(case when outcome = 'left' then account_count else 0 end) as left_count,
        sum(case when outcome = 'waiting' then account_count else 0 end) as waiting_count,
        sum(case when outcome = 'before' then account_count else 0 end) as before_count
    from {{ ref('int_journey_waits') }}
    group by {{ keys | join(', ') }}

),

waits as (

    select
        {{ keys | join(', ') }},
        wait_days,
        case when outcome = 'reached' then account_count else 0 end as reached_count,
        account_count as ended_count
    from {{ ref('int_journey_waits') }}
    where outcome <> 'before'

    {% for day in milestones %}
    union all

    select
        {{ keys | join(', ') }},
        {{ day }} as wait_days,
        0 as reached_count,
        0 as ended_count
    from cohorts
    {% endfor %}

),

days as (

    select
        {{ keys | join(', ') }},
        wait_days,
        sum(reached_count) as reached_count,
        sum(ended_count) as ended_count
    from waits
    group by {{ keys | join(', ') }}, wait_days

),

-- Who ends on a day is looked at on that day.
at_risk as (

    select
        {{ keys | join(', ') }},
        wait_days,
        reached_count,
        sum(ended_count) over (
            partition by {{ keys | join(', ') }}
            order by wait_days desc
            rows between unbounded preceding and current row
        ) as at_risk_count
    from days

),

curves as (

    select
        {{ keys | join(', ') }},
        wait_days,
        at_risk_count,
        sum(reached_count) over (
            partition by {{ keys | join(', ') }}
            order by wait_days
            rows between unbounded preceding and current row
        ) as reached_so_far,
        sum(
            case
                when reached_count < at_risk_count
                    then ln(1 - cast(reached_count as {{ type_double() }}) / at_risk_count)
            end
        ) over (
            partition by {{ keys | join(', ') }}
            order by wait_days
            rows between unbounded preceding and current row
        ) as log_waiting,
        sum(
            case
                when reached_count < at_risk_count
                    then
                        cast(reached_count as {{ type_double() }}) / at_risk_count / (at_risk_count - reached_count)
            end
        ) over (
            partition by {{ keys | join(', ') }}
            order by wait_days
            rows between unbounded preceding and current row
        ) as variance,
        -- Beyond the day on which everybody has got there nobody is looked at.
        reached_count = at_risk_count as is_everybody
    from at_risk
    where at_risk_count >= {{ min_at_risk() }}

),

shares as (

    select
        {{ keys | join(', ') }},
        wait_days,
        case
            when is_everybody then 1
            when reached_so_far = 0 then 0
            else 1 - exp(log_waiting)
        end as share,
        case
            when is_everybody then {{ rate_interval_low('at_risk_count', 'at_risk_count') }}
            when reached_so_far = 0 then 0
            else 1 - exp(log_waiting * exp(-{{ z }} * sqrt(variance) / abs(log_waiting)))
        end as share_low,
        case
            when is_everybody then 1
            when reached_so_far = 0 then {{ rate_interval_high('0', 'at_risk_count') }}
            else 1 - exp(log_waiting * exp({{ z }} * sqrt(variance) / abs(log_waiting)))
        end as share_high
    from curves

),

measured as (

    select
        {{ keys | join(', ') }},
        {% for day in milestones %}
        max(case when wait_days = {{ day }} then share end) as reached_{{ day }}d,
        max(case when wait_days = {{ day }} then share_low end) as reached_{{ day }}d_low,
        max(case when wait_days = {{ day }} then share_high end) as reached_{{ day }}d_high,
        {% endfor %}
        min(case when share >= {{ half }} then wait_days end) as median_days,
        min(case when share_high >= {{ half }} then wait_days end) as median_days_low,
        min(case when share_low >= {{ half }} then wait_days end) as median_days_high,
        max(wait_days) as curve_to_day
    from shares
    group by {{ keys | join(', ') }}

)

select
    cohorts.basis,
    cohorts.definition_key,
    cohorts.cohort_by,
    cohorts.cohort_grain,
    cohorts.cohort_start,
    cohorts.acquisition_channel,
    cohorts.clock,
    case
        when measured.clock is null then 'too_few'
        when measured.median_days is null then 'half_not_reached'
        else 'measured'
    end as verdict,
    cast(cohorts.account_count as bigint) as account_count,
    cast(cohorts.reached_count as bigint) as reached_count,
    cast(cohorts.left_count as bigint) as left_count,
    cast(cohorts.waiting_count as bigint) as waiting_count,
    cast(cohorts.before_count as bigint) as before_count,
    cast(measured.median_days as integer) as median_days,
    cast(measured.median_days_low as integer) as median_days_low,
    cast(case when measured.median_days is not null then measured.median_days_high end as integer)
        as median_days_high,
    {% for day in milestones %}
    cast(measured.reached_{{ day }}d as {{ type_double() }}) as reached_{{ day }}d,
    cast(measured.reached_{{ day }}d_low as {{ type_double() }}) as reached_{{ day }}d_low,
    cast(measured.reached_{{ day }}d_high as {{ type_double() }}) as reached_{{ day }}d_high,
    {% endfor %}
    cast(measured.curve_to_day as integer) as curve_to_day
from cohorts
left join measured
    on
        {% for key in keys if key != 'cohort_start' %}
        cohorts.{{ key }} = measured.{{ key }}
        and
        {% endfor %}
        -- Of all together there is no first day.
        coalesce(cohorts.cohort_start, date '0001-01-01') = coalesce(measured.cohort_start, date '0001-01-01')
