-- How far the accounts of each cohort got: signed up, activated, qualified, touched by sales, converted. `reached`
-- looks at each stage alone, the funnel at those who passed every stage before it.
--
-- A cohort by qualifying are the leads that qualified: its funnel has the stages from there on. Who had paid by then is
-- no lead, and an earlier contact is not on the way.
{% set cohort_keys = [
    'basis', 'definition_key', 'cohort_by', 'cohort_grain', 'cohort_start', 'acquisition_channel'
] %}
{% set stages = ['signed_up', 'activated', 'qualified', 'touched', 'converted'] %}

with contacts as (

    select distinct account_id
    from {{ ref('int_account_touches') }}

),

members as (

    select
        journeys.*,
        journeys.cohort_by = 'qualified' as has_qualified,
        journeys.activated_on is not null as reached_activated,
        journeys.qualified_on is not null as reached_qualified,
        case
            when journeys.cohort_by = 'qualified' then journeys.first_touched_at is not null
            else contacts.account_id is not null
        end as reached_touched,
        journeys.converted_on is not null as reached_converted
    from {{ ref('int_journey_cohorts') }} as journeys
    left join contacts
        on journeys.account_id = contacts.account_id
    -- Customers have converted already: there is no funnel to a conversion.
    where journeys.audience <> 'customer' and (journeys.cohort_by <> 'qualified' or journeys.is_pql)

),

passed as (

    select
        *,
        has_qualified or reached_activated as passed_activated,
        has_qualified or (reached_activated and reached_qualified) as passed_qualified,
        -- The first contact is not before the account qualified.
        (has_qualified or reached_activated) and is_pql and answered_at is not null as passed_touched
    from members

),

counts as (

    select
        {{ cohort_keys | join(', ') }},
        has_qualified,
        min(case when is_mature then 1 else 0 end) = 1 as is_mature,
        count(*) as reached_1,
        sum(case when reached_activated then 1 else 0 end) as reached_2,
        sum(case when reached_qualified then 1 else 0 end) as reached_3,
        sum(case when reached_touched then 1 else 0 end) as reached_4,
        sum(case when reached_converted then 1 else 0 end) as reached_5,
        count(*) as passed_1,
        sum(case when passed_activated then 1 else 0 end) as passed_2,
        sum(case when passed_qualified then 1 else 0 end) as passed_3,
        sum(case when passed_touched then 1 else 0 end) as passed_4,
        sum(case when passed_touched and converted_on is not null then 1 else 0 end) as passed_5
    from passed
    group by {{ cohort_keys | join(', ') }}, has_qualified

),

stages as (

    {% for stage in stages %}
    {{ "union all" if not loop.first }}
    select
        {{ cohort_keys | join(', ') }},
        {{ loop.index }} as stage_number,
        '{{ stage }}' as stage,
        reached_{{ loop.index }} as reached_count,
        passed_{{ loop.index }} as funnel_count,
        {% if loop.first %}
        cast(null as bigint) as previous_count,
        {% elif stage == 'qualified' %}
        case when not has_qualified then passed_2 end as previous_count,
        {% else %}
        passed_{{ loop.index - 1 }} as previous_count,
        {% endif %}
        passed_{{ loop.index }}{{ ' - passed_' ~ (loop.index + 1) if not loop.last }} as furthest_count,
        reached_1 as signup_count,
        is_mature
    from counts
    {{ "where not has_qualified" if loop.index < 3 }}
    {% endfor %}

)

select
    basis,
    definition_key,
    cohort_by,
    cohort_grain,
    cohort_start,
    acquisition_channel,
    stage_number,
    stage,
    cast(reached_count as bigint) as reached_count,
    cast(funnel_count as bigint) as funnel_count,
    cast(reached_count as {{ type_double() }}) / signup_count as share_of_signups,
    {{ rate_interval_low('reached_count', 'signup_count') }} as share_of_signups_low,
    {{ rate_interval_high('reached_count', 'signup_count') }} as share_of_signups_high,
    cast(funnel_count as {{ type_double() }}) / nullif(previous_count, 0) as share_of_previous,
    {{ rate_interval_low('funnel_count', 'previous_count') }} as share_of_previous_low,
    {{ rate_interval_high('funnel_count', 'previous_count') }} as share_of_previous_high,
    cast(furthest_count as bigint) as furthest_count,
    cast(furthest_count as {{ type_double() }}) / signup_count as share_furthest,
    is_mature
from stages
