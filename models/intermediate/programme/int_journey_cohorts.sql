-- Every journey in each cohort that it belongs to: by the day of the signup and by that of qualifying; all together, by
-- month and by week; in all channels (`all`) and in its own. `is_mature`: the horizon after that day has passed.
with cohort_days as (

    select
        *,
        'signup' as cohort_by,
        signed_up_on as cohort_day
    from {{ ref('fct_account_journeys') }}

    union all

    select
        *,
        'qualified' as cohort_by,
        qualified_on as cohort_day
    from {{ ref('fct_account_journeys') }}
    where qualified_on is not null

),

grains as (

    {% for grain in ['all', 'month', 'week'] %}
    {% for is_all_channels in ['true', 'false'] %}
    select
        '{{ grain }}' as cohort_grain,
        {{ is_all_channels }} as is_all_channels
    {{ "union all" if not loop.last }}
    {% endfor %}
    {{ "union all" if not loop.last }}
    {% endfor %}

)

select
    journeys.basis,
    journeys.definition_key,
    journeys.account_id,
    journeys.audience,
    journeys.cohort_by,
    grains.cohort_grain,
    case when grains.is_all_channels then 'all' else {{ channel_name('journeys.acquisition_channel') }} end
        as acquisition_channel,
    journeys.is_pql,
    {{ add_days('journeys.cohort_day', whole_days('pql_horizon_days')) }} <= journeys.as_of_on as is_mature,
    case
        when grains.cohort_grain = 'month' then {{ start_of('month', 'journeys.cohort_day') }}
        when grains.cohort_grain = 'week' then {{ start_of('week', 'journeys.cohort_day') }}
    end as cohort_start,
    journeys.signed_up_on,
    journeys.activated_on,
    journeys.qualified_on,
    journeys.lead_at,
    journeys.first_touched_at,
    journeys.answered_at,
    journeys.converted_on,
    journeys.as_of_on
from cohort_days as journeys
cross join grains
