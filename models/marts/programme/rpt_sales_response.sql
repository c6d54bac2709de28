-- How soon sales answers those that qualify, and how many convert by how soon.
with crossings as (

    select
        basis,
        definition_key,
        cohort_grain,
        cohort_start,
        lead_at,
        is_mature,
        coalesce(converted_on <= qualified_on, false) as had_paid,
        coalesce(
            qualified_on < converted_on
            and converted_on <= {{ add_days('qualified_on', whole_days('pql_horizon_days')) }},
            false
        ) as converts,
        answered_at,
        -- The end of the day up to which one waits for the answer.
        cast(
            {{ add_days('case when converted_on > qualified_on then converted_on else as_of_on end', 1) }} as timestamp
        ) as waited_until
    from {{ ref('int_journey_cohorts') }}
    where cohort_by = 'qualified' and acquisition_channel = 'all'

),

timed as (

    select
        *,
        {{ hours_between('lead_at', 'answered_at') }} as hours,
        {{ hours_between('lead_at', 'coalesce(answered_at, waited_until)') }} as hours_waited,
        case when answered_at is null then 0 else 1 end as is_answered
    from crossings

),

of_bands as (

    select
        *,
        'all' as response_band
    from timed

    union all

    select
        *,
        case
            when hours is null then 'not_touched'
            when hours <= 24 then 'within_24h'
            when hours <= 72 then '1_to_3_days'
            when hours <= 168 then '4_to_7_days'
            else 'later'
        end as response_band
    from timed

),

-- The median is the mean of the one or two in the middle.
ranked as (

    select
        *,
        count(hours) over (partition by basis, definition_key, cohort_grain, cohort_start, response_band)
            as hours_count,
        row_number() over (
            partition by basis, definition_key, cohort_grain, cohort_start, response_band
            order by case when hours is null then 1 else 0 end, hours
        ) as hours_rank
    from of_bands

),

bands as (

    select
        1 as band_number,
        'all' as response_band

    union all

    select
        2 as band_number,
        'within_24h' as response_band

    union all

    select
        3 as band_number,
        '1_to_3_days' as response_band

    union all

    select
        4 as band_number,
        '4_to_7_days' as response_band

    union all

    select
        5 as band_number,
        'later' as response_band

    union all

    select
        6 as band_number,
        'not_touched' as response_band

),

-- A band in which nobody is has a row as well.
rows_of_bands as (

    select
        ranked.basis,
        ranked.definition_key,
        ranked.cohort_grain,
        ranked.cohort_start,
        bands.band_number,
        bands.response_band,
        count(case when ranked.response_band = bands.response_band then 1 end) as crossing_count,
        count(case when ranked.response_band = bands.response_band then ranked.hours end) as touched_count,
        avg(
            case
                when
                    ranked.response_band = bands.response_band
                    and 2 * ranked.hours_rank between ranked.hours_count and ranked.hours_count + 2
                    then ranked.hours
            end
        ) as median_hours,
        count(case when ranked.response_band = bands.response_band and ranked.had_paid then 1 end)
            as already_customer_count,
        count(
            case
                when ranked.response_band = bands.response_band and ranked.is_mature and not ranked.had_paid then 1
            end
        ) as mature_count,
        count(
            case
                when ranked.response_band = bands.response_band and ranked.is_mature and ranked.converts then 1
            end
        ) as converted_count
    from ranked
    cross join bands
    group by
        ranked.basis, ranked.definition_key, ranked.cohort_grain, ranked.cohort_start,
        bands.band_number, bands.response_band

)

select
    counted.basis,
    counted.definition_key,
    counted.cohort_grain,
    counted.cohort_start,
    cast(counted.band_number as integer) as band_number,
    counted.response_band,
    counted.crossing_count,
    cast(counted.crossing_count as {{ type_double() }}) / max(counted.crossing_count) over (
        partition by counted.basis, counted.definition_key, counted.cohort_grain, counted.cohort_start
    ) as share_of_crossings,
    counted.touched_count,
    cast(counted.median_hours as {{ type_double() }}) as median_hours,
    case when counted.response_band = 'all' then medians.median_wait end as kaplan_meier_median_hours,
    counted.already_customer_count,
    counted.mature_count,
    counted.converted_count,
    cast(counted.converted_count as {{ type_double() }}) / nullif(counted.mature_count, 0) as conversion_rate,
    {{ rate_interval_low('counted.converted_count', 'counted.mature_count') }} as conversion_rate_low,
    {{ rate_interval_high('counted.converted_count', 'counted.mature_count') }} as conversion_rate_high
from rows_of_bands as counted
left join {{ kaplan_meier_medians(
    'timed', ['basis', 'definition_key', 'cohort_grain', 'cohort_start'], 'hours_waited', 'is_answered'
) }} as medians
    on
        counted.basis = medians.basis
        and counted.definition_key = medians.definition_key
        and counted.cohort_grain = medians.cohort_grain
        and counted.cohort_start is not distinct from medians.cohort_start
