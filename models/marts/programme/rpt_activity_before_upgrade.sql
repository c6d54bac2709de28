-- What customers did in the days before they first paid, against the accounts that had not paid at the same age: for
-- each customer that paid at an age, those that were observed at that age and had not paid by then (a risk set), in the
-- days before that age. The risk sets are weighted by the customers of the age.
--
-- An account is in the risk set of every age up to the last one at which it had not paid, and an activity of a day
-- counts at every age of which the days before hold it. Both are intervals of ages: what counts at each age is a
-- running sum over their ends, and no account is joined with an age.
{% set window_days = var('pql_upgrade_window_days') %}
{% set z = normal_quantile() %}
{% set by_age = 'partition by activity_number order by age' %}
with accounts as (

    select
        canonical.account_key,
        accounts.created_on,
        {{ days_between('accounts.created_on', 'accounts.first_converted_on') }} as paid_age,
        case
            when accounts.first_converted_on is null then {{ days_between('accounts.created_on', 'as_of.as_of_on') }}
            else {{ days_between('accounts.created_on', 'accounts.first_converted_on') }} - 1
        end as last_unpaid_age
    from {{ ref('dim_accounts') }} as accounts
    inner join {{ ref('int_canonical_accounts') }} as canonical
        on
            accounts.account_id = canonical.account_id
            and not canonical.is_merged
    cross join {{ ref('int_as_of') }} as as_of

),

-- A number is compared and sorted faster than a text.
numbered_activities as (

    select
        activity_key,
        description,
        row_number() over (order by activity_key) as activity_number
    from {{ ref('def_activities') }}

),

activities as (

    select
        activities.account_key,
        numbered_activities.activity_number,
        activities.occurred_on,
        activities.account_known_on as known_on,
        activities.event_count
    from {{ ref('int_activities_counted') }} as activities
    inner join numbered_activities
        on activities.activity_key = numbered_activities.activity_key
    where activities.account_key is not null

),

-- What a merged account did is known of what it has become once the merge is.
canonical_activities as (

    select
        canonical.canonical_key as account_key,
        activities.activity_number,
        activities.occurred_on,
        {{ later_of('activities.known_on', 'became.known_on') }} as known_on,
        activities.event_count
    from activities
    inner join {{ ref('int_canonical_accounts') }} as canonical
        on activities.account_key = canonical.account_key
    left join {{ ref('int_merges') }} as became
        on
            canonical.account_key = became.merged_key
            and canonical.canonical_key = became.canonical_key

),

account_days as (

    select
        account_key,
        activity_number,
        occurred_on,
        known_on,
        sum(event_count) as event_count
    from canonical_activities
    where known_on < {{ add_days('occurred_on', window_days) }}
    group by account_key, activity_number, occurred_on, known_on

),

-- The ages at which the events of a day count: from the day after they were known on.
counted_events as (

    select
        days.account_key,
        days.activity_number,
        days.event_count,
        accounts.paid_age,
        accounts.last_unpaid_age,
        {{ days_between('accounts.created_on', 'days.known_on') }} + 1 as from_age,
        {{ days_between('accounts.created_on', 'days.occurred_on') }} + {{ window_days }} as to_age
    from account_days as days
    inner join accounts
        on days.account_key = accounts.account_key

),

-- The ages at which the day is an active one: from the day after the first of its events was known on.
counted_days as (

    select
        account_key,
        activity_number,
        min(from_age) as from_age,
        to_age,
        paid_age,
        last_unpaid_age
    from counted_events
    group by account_key, activity_number, to_age, paid_age, last_unpaid_age

),

-- The same while the account had not paid.
unpaid_events as (

    select
        activity_number,
        event_count,
        case when from_age > 1 then from_age else 1 end as from_age,
        case when to_age < last_unpaid_age then to_age else last_unpaid_age end as to_age
    from counted_events
    where last_unpaid_age >= 1 and from_age <= last_unpaid_age and to_age >= 1

),

unpaid_days as (

    select
        account_key,
        activity_number,
        case when from_age > 1 then from_age else 1 end as from_age,
        case when to_age < last_unpaid_age then to_age else last_unpaid_age end as to_age
    from counted_days
    where last_unpaid_age >= 1 and from_age <= last_unpaid_age and to_age >= 1

),

-- What each adds to the ages that the ones before it do not cover: an account counts once however often it acts.
covering as (

    select
        activity_number,
        from_age,
        to_age,
        coalesce(
            max(to_age) over (
                partition by account_key, activity_number
                order by from_age
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as covered_to_age
    from unpaid_days

),

changes as (

    select
        activity_number,
        from_age as age,
        sum(event_count) as event_count,
        0 as day_count,
        0 as account_count
    from unpaid_events
    group by activity_number, from_age

    union all

    select
        activity_number,
        to_age + 1 as age,
        -sum(event_count) as event_count,
        0 as day_count,
        0 as account_count
    from unpaid_events
    group by activity_number, to_age

    union all

    select
        activity_number,
        from_age as age,
        0 as event_count,
        count(*) as day_count,
        count(case when covered_to_age < from_age then 1 end) as account_count
    from covering
    group by activity_number, from_age

    union all

    select
        activity_number,
        covered_to_age + 1 as age,
        0 as event_count,
        0 as day_count,
        count(*) as account_count
    from covering
    where covered_to_age >= from_age and covered_to_age < to_age
    group by activity_number, covered_to_age

    union all

    select
        activity_number,
        to_age + 1 as age,
        0 as event_count,
        -count(*) as day_count,
        -count(case when covered_to_age < to_age then 1 end) as account_count
    from covering
    group by activity_number, to_age

),

customers_of_ages as (

    select
        paid_age as age,
        count(*) as customer_count
    from accounts
    where paid_age >= 1
    group by paid_age

),

risk_set_changes as (

    select
        1 as age,
        1 as account_count
    from accounts
    where last_unpaid_age >= 1

    union all

    select
        last_unpaid_age + 1 as age,
        -1 as account_count
    from accounts
    where last_unpaid_age >= 1

    union all

    select
        age,
        0 as account_count
    from customers_of_ages

),

risk_sets as (

    select
        age,
        sum(sum(account_count)) over (order by age rows between unbounded preceding and current row) as account_count
    from risk_set_changes
    group by age

),

-- The ages at which somebody paid, and at which others can be compared.
compared_ages as (

    select
        customers_of_ages.age,
        customers_of_ages.customer_count,
        risk_sets.account_count
    from customers_of_ages
    inner join risk_sets
        on customers_of_ages.age = risk_sets.age
    where risk_sets.account_count > 0

),

all_changes as (

    select
        activity_number,
        age,
        event_count,
        day_count,
        account_count
    from changes

    union all

    select
        numbered_activities.activity_number,
        compared_ages.age,
        0 as event_count,
        0 as day_count,
        0 as account_count
    from compared_ages
    cross join numbered_activities

),

running as (

    select
        activity_number,
        age,
        sum(sum(event_count)) over ({{ by_age }} rows between unbounded preceding and current row) as event_count,
        sum(sum(day_count)) over ({{ by_age }} rows between unbounded preceding and current row) as day_count,
        sum(sum(account_count)) over ({{ by_age }} rows between unbounded preceding and current row) as account_count
    from all_changes
    group by activity_number, age

),

totals as (

    select
        sum(customer_count) as customer_count,
        max(account_count) as comparison_account_count
    from compared_ages

),

excluded as (

    select count(*) as customer_count
    from accounts
    left join compared_ages
        on accounts.paid_age = compared_ages.age
    where accounts.paid_age is not null and compared_ages.age is null

),

comparison as (

    select
        running.activity_number,
        sum(ages.customer_count * cast(running.account_count as {{ type_double() }}) / ages.account_count) as share_sum,
        sum(ages.customer_count * cast(running.event_count as {{ type_double() }}) / ages.account_count) as events_sum,
        sum(ages.customer_count * cast(running.day_count as {{ type_double() }}) / ages.account_count) as days_sum,
        -- The same accounts stand in the risk sets of several ages: their errors are added as if they were one.
        sum(
            ages.customer_count * sqrt(
                cast(running.account_count as {{ type_double() }}) * (ages.account_count - running.account_count)
                / ages.account_count
            ) / ages.account_count
        ) as error_sum
    from running
    inner join compared_ages as ages
        on running.age = ages.age
    group by running.activity_number

),

-- What the customers had done by the day they paid.
of_customers as (

    select
        days.account_key,
        days.activity_number,
        sum(days.event_count) as event_count,
        sum(days.day_count) as day_count
    from (
        select
            account_key,
            activity_number,
            paid_age,
            from_age,
            to_age,
            event_count,
            0 as day_count
        from counted_events

        union all

        select
            account_key,
            activity_number,
            paid_age,
            from_age,
            to_age,
            0 as event_count,
            1 as day_count
        from counted_days
    ) as days
    inner join compared_ages as ages
        on days.paid_age = ages.age
    where days.from_age <= days.paid_age and days.paid_age <= days.to_age
    group by days.account_key, days.activity_number

),

customers as (

    select
        activity_number,
        count(*) as active_count,
        sum(event_count) as event_count,
        sum(day_count) as day_count
    from of_customers
    group by activity_number

),

shares as (

    select
        activities.activity_key,
        activities.description,
        coalesce(totals.customer_count, 0) as customer_count,
        excluded.customer_count as excluded_customer_count,
        coalesce(totals.comparison_account_count, 0) as comparison_account_count,
        coalesce(customers.active_count, 0) as active_customer_count,
        cast(coalesce(customers.active_count, 0) as {{ type_double() }}) / totals.customer_count as share_of_customers,
        cast(coalesce(customers.event_count, 0) as {{ type_double() }}) / totals.customer_count as mean_events,
        cast(coalesce(customers.day_count, 0) as {{ type_double() }}) / totals.customer_count as mean_active_days,
        comparison.share_sum / totals.customer_count as comparison_share,
        comparison.events_sum / totals.customer_count as comparison_mean_events,
        comparison.days_sum / totals.customer_count as comparison_mean_active_days,
        comparison.error_sum / totals.customer_count as comparison_error,
        totals.customer_count >= limits.min_customers as is_enough
    from numbered_activities as activities
    cross join totals
    cross join excluded
    cross join {{ ref('set_health_limits') }} as limits
    left join customers
        on activities.activity_number = customers.activity_number
    left join comparison
        on activities.activity_number = comparison.activity_number

),

ratios as (

    select
        *,
        case
            when is_enough and active_customer_count > 0 and comparison_share > 0
                then share_of_customers / comparison_share
        end as share_ratio,
        case
            when is_enough and active_customer_count > 0 and comparison_share > 0
                then sqrt(
                    (1 - share_of_customers) / active_customer_count
                    + comparison_error * comparison_error / (comparison_share * comparison_share)
                )
        end as log_error
    from shares

),

bounds as (

    select
        *,
        share_ratio * exp(-{{ z }} * log_error) as share_ratio_low,
        share_ratio * exp({{ z }} * log_error) as share_ratio_high
    from ratios

)

select
    activity_key,
    description,
    cast({{ window_days }} as integer) as window_days,
    cast(customer_count as bigint) as customer_count,
    excluded_customer_count,
    active_customer_count,
    share_of_customers,
    {{ rate_interval_low('active_customer_count', 'customer_count') }} as share_of_customers_low,
    {{ rate_interval_high('active_customer_count', 'customer_count') }} as share_of_customers_high,
    mean_events,
    mean_active_days,
    cast(comparison_account_count as bigint) as comparison_account_count,
    comparison_share,
    comparison_mean_events,
    comparison_mean_active_days,
    share_ratio,
    share_ratio_low,
    share_ratio_high,
    case
        when not coalesce(is_enough, false) then 'not_enough_data'
        when share_ratio_low > 1 then 'more'
        when share_ratio_high < 1 then 'less'
        when active_customer_count = 0 and comparison_share = 0 then 'not_seen'
        else 'unclear'
    end as finding
from bounds
