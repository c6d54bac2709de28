-- The days of the propensity models: prospects, who may convert, and customers, who may churn; accounts
-- only, since users have what their account has. With the use of the last 28 days and of the 28 days
-- before those, as known on the day.
with population as (

    select
        entity_day,
        outcome,
        entity_key,
        entity_id as account_id,
        panel_on,
        is_mature,
        is_as_of,
        has_outcome,
        {{ days_between('eligible_from', 'panel_on') }} as days_in_audience
    from {{ ref('int_calibration_entity_days') }}
    where entity_type = 'account' and audience in ('prospect', 'customer')

),

looked_at as (

    select distinct entity_key
    from population

),

-- Whose activity is theirs: their own, and that of what was merged into them, from then on.
sources as (

    select
        entity_key as source_key,
        entity_key,
        date '0001-01-01' as counts_from
    from looked_at

    union all

    select
        mergers.merged_key as source_key,
        looked_at.entity_key,
        mergers.known_on as counts_from
    from looked_at
    inner join {{ ref('int_merges') }} as mergers
        on looked_at.entity_key = mergers.canonical_key

),

use_by_day as (

    select
        sources.entity_key,
        facts.user_key,
        facts.occurred_on,
        greatest(facts.account_known_on, sources.counts_from) as known_on,
        sum(case when facts.counts_event then facts.event_count else 0 end) as event_count
    from {{ ref('int_activities_attributed') }} as facts
    inner join sources
        on facts.account_key = sources.source_key
    where not facts.is_internal
    group by
        sources.entity_key, facts.user_key, facts.occurred_on,
        greatest(facts.account_known_on, sources.counts_from)

),

days as (

    select
        panel_on,
        coalesce(lag(panel_on) over (order by panel_on), date '0001-01-01') as previous_on
    from {{ ref('int_calibration_days') }}

),

-- A day of use counts on the days of the grid from the day it is known until it is 56 days old.
use_in_windows as (

    select
        use_by_day.entity_key,
        days.panel_on,
        use_by_day.user_key,
        use_by_day.occurred_on,
        use_by_day.event_count,
        {{ days_between('use_by_day.occurred_on', 'days.panel_on') }} < 28 as is_recent
    from use_by_day
    inner join days
        on
            use_by_day.known_on <= days.panel_on
            and days.panel_on < {{ add_days('use_by_day.occurred_on', 56) }}

),

active_days as (

    select
        entity_key,
        panel_on,
        occurred_on,
        is_recent,
        sum(event_count) as event_count
    from use_in_windows
    group by entity_key, panel_on, occurred_on, is_recent

),

use_by_window as (

    select
        entity_key,
        panel_on,
        sum(case when is_recent then 1 else 0 end) as active_days,
        sum(case when is_recent then 0 else 1 end) as active_days_before,
        sum(case when is_recent then event_count else 0 end) as events,
        sum(case when is_recent then 0 else event_count end) as events_before
    from active_days
    group by entity_key, panel_on

),

active_users as (

    select distinct
        entity_key,
        panel_on,
        user_key,
        is_recent
    from use_in_windows
    where user_key is not null

),

users_by_window as (

    select
        entity_key,
        panel_on,
        sum(case when is_recent then 1 else 0 end) as active_users,
        sum(case when is_recent then 0 else 1 end) as active_users_before
    from active_users
    group by entity_key, panel_on

),

-- The last day of use may lie further back than the windows. What became known since the previous day
-- of the grid stands on one day of the grid; a running maximum carries it on.
latest_use as (

    select
        use_by_day.entity_key,
        days.panel_on,
        max(use_by_day.occurred_on) as last_active_on
    from use_by_day
    inner join days
        on
            days.previous_on < use_by_day.known_on
            and use_by_day.known_on <= days.panel_on
    group by use_by_day.entity_key, days.panel_on

),

latest_use_or_day as (

    select
        cast(null as bigint) as entity_day,
        entity_key,
        panel_on,
        last_active_on
    from latest_use

    union all

    select
        entity_day,
        entity_key,
        panel_on,
        cast(null as date) as last_active_on
    from population

),

last_active as (

    select
        entity_day,
        max(last_active_on) over (
            partition by entity_key
            order by panel_on
            range between unbounded preceding and current row
        ) as last_active_on
    from latest_use_or_day

)

select
    population.entity_day,
    population.outcome,
    population.entity_key,
    population.account_id,
    population.panel_on,
    population.is_mature,
    population.is_as_of,
    population.has_outcome,
    population.days_in_audience,
    cast(coalesce(use_by_window.active_days, 0) as integer) as active_days,
    cast(coalesce(use_by_window.active_days_before, 0) as integer) as active_days_before,
    cast(coalesce(use_by_window.events, 0) as bigint) as events,
    cast(coalesce(use_by_window.events_before, 0) as bigint) as events_before,
    cast(coalesce(users_by_window.active_users, 0) as integer) as active_users,
    cast(coalesce(users_by_window.active_users_before, 0) as integer) as active_users_before,
    {{ days_between('last_active.last_active_on', 'population.panel_on') }} as days_since_last_active
from population
inner join last_active
    on population.entity_day = last_active.entity_day
left join use_by_window
    on
        population.entity_key = use_by_window.entity_key
        and population.panel_on = use_by_window.panel_on
left join users_by_window
    on
        population.entity_key = users_by_window.entity_key
        and population.panel_on = users_by_window.panel_on
