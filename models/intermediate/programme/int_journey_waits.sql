-- How long the accounts of each cohort waited for the next step, in days from the start of a clock, and how the wait
-- ended; accounts with the same wait are counted together.
--
--     signup_to_qualified: from the signup. An account that pays without having qualified has `left`: it cannot
--         qualify as a lead any more.
--     signup_to_paid: from the signup.
--     qualified_to_paid: from the day on which the account qualified; who had paid by then waited for nothing.
--
-- Of a cohort by qualifying there is the last clock only: who has qualified waited for it with certainty, and the
-- time until then tells nothing about those who did not. Who reached or left before the clock started is `before` and
-- was never looked at; who still waits was looked at up to the as-of day.
with clocks as (

    select
        *,
        'signup_to_qualified' as clock,
        signed_up_on as started_on,
        qualified_on as reached_on,
        converted_on as left_on
    from {{ ref('int_journey_cohorts') }}
    where cohort_by = 'signup'

    union all

    select
        *,
        'signup_to_paid' as clock,
        signed_up_on as started_on,
        converted_on as reached_on,
        cast(null as date) as left_on
    from {{ ref('int_journey_cohorts') }}
    where cohort_by = 'signup'

    union all

    select
        *,
        'qualified_to_paid' as clock,
        qualified_on as started_on,
        converted_on as reached_on,
        cast(null as date) as left_on
    from {{ ref('int_journey_cohorts') }}
    where qualified_on is not null

),

ended as (

    select
        *,
        case
            when reached_on < left_on or left_on is null then coalesce(reached_on, as_of_on)
            else left_on
        end as ended_on,
        case
            when reached_on < left_on or (left_on is null and reached_on is not null) then 'reached'
            when left_on is not null then 'left'
            else 'waiting'
        end as outcome
    from clocks
    -- Customers have paid already: nothing of this is ahead of them.
    where audience <> 'customer'

),

started as (

    select
        *,
        case when clock = 'qualified_to_paid' then not is_pql else ended_on < started_on end as is_before
    from ended

),

waits as (

    select
        basis,
        definition_key,
        cohort_by,
        cohort_grain,
        cohort_start,
        acquisition_channel,
        clock,
        case when is_before then 'before' else outcome end as outcome,
        case when is_before then 0 else {{ days_between('started_on', 'ended_on') }} end as wait_days
    from started

)

select
    basis,
    definition_key,
    cohort_by,
    cohort_grain,
    cohort_start,
    acquisition_channel,
    clock,
    outcome,
    wait_days,
    count(*) as account_count
from waits
group by
    basis, definition_key, cohort_by, cohort_grain, cohort_start, acquisition_channel, clock, outcome, wait_days
