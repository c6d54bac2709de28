-- Each month of 30 days since the conversion of every account that was observed to its end by the as-of day: whether
-- the account paid on its last day, and how it used the product in it. Month 0 begins with the day of the conversion.
with recursive customers as (

    select
        accounts.account_key,
        accounts.account_id,
        conversions.converted_on,
        as_of.as_of_on
    from {{ ref('fct_conversions') }} as conversions
    inner join {{ ref('int_canonical_accounts') }} as accounts
        on
            conversions.account_id = accounts.account_id
            and not accounts.is_merged
    cross join {{ ref('int_as_of') }} as as_of

),

longest as (

    select max({{ days_between('converted_on', 'as_of_on') }}) as day_count
    from customers

),

month_numbers as (

    select
        0 as month_number,
        day_count
    from longest

    union all

    select
        month_number + 1 as month_number,
        day_count
    from month_numbers
    where 30 * (month_number + 2) <= day_count + 1

),

months as (

    select
        customers.account_key,
        customers.account_id,
        customers.converted_on,
        month_numbers.month_number,
        {{ add_days('customers.converted_on', '30 * month_numbers.month_number + 29') }} as last_day
    from customers
    inner join month_numbers
        on {{ add_days('customers.converted_on', '30 * month_numbers.month_number + 29') }} <= customers.as_of_on

),

paid as (

    select distinct
        months.account_id,
        months.month_number
    from months
    inner join {{ ref('int_paid_subscriptions') }} as subscriptions
        on
            months.account_id = subscriptions.account_id
            and subscriptions.started_on <= months.last_day
            and (subscriptions.ended_on is null or months.last_day < subscriptions.ended_on)

),

days_of_activity as (

    select
        activity.entity_key as account_key,
        activity.active_users,
        cast(floor({{ days_between('customers.converted_on', 'activity.activity_date') }} / 30.0) as integer)
            as month_number
    from {{ ref('int_account_activity_daily') }} as activity
    inner join customers
        on
            activity.entity_key = customers.account_key
            and customers.converted_on <= activity.activity_date

),

activity as (

    select
        account_key,
        month_number,
        count(*) as active_days,
        sum(active_users) as user_days
    from days_of_activity
    group by account_key, month_number

)

select
    months.account_id,
    months.converted_on,
    months.month_number,
    paid.account_id is not null as is_paying,
    coalesce(activity.active_days, 0) as active_days,
    cast(coalesce(activity.user_days, 0) as bigint) as user_days
from months
left join paid
    on
        months.account_id = paid.account_id
        and months.month_number = paid.month_number
left join activity
    on
        months.account_key = activity.account_key
        and months.month_number = activity.month_number
