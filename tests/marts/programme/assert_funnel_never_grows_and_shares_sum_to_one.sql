-- Of each cohort no stage of the funnel holds more accounts than the one before, and every account has one
-- furthest stage.
with followed as (

    select
        *,
        lag(funnel_count) over (
            partition by basis, definition_key, cohort_by, cohort_grain, cohort_start, acquisition_channel
            order by stage_number
        ) as previous_count,
        sum(share_furthest) over (
            partition by basis, definition_key, cohort_by, cohort_grain, cohort_start, acquisition_channel
        ) as share_sum,
        count(*) over (
            partition by basis, definition_key, cohort_by, cohort_grain, cohort_start, acquisition_channel
        ) as stage_count
    from {{ ref('rpt_pql_funnel') }}

)

select *
from followed
where
    funnel_count > previous_count
    or furthest_count < 0
    or abs(share_sum - 1) > 1e-9
    or stage_count <> case when cohort_by = 'signup' then 5 else 3 end
