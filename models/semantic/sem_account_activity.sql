-- The events of every account per day, each counted once: those of an account that was merged are in the rows of what
-- it has become, unless that does not exist yet.
with active_accounts as (

    select distinct account_id
    from {{ ref('fct_account_activity_daily') }}

)

select
    accounts.canonical_id as account_id,
    activities.activity_date,
    cast(sum(activities.event_count) as bigint) as event_count
from {{ ref('fct_account_activity_daily') }} as activities
inner join {{ ref('int_canonical_accounts') }} as accounts
    on activities.account_id = accounts.account_id
left join active_accounts
    on accounts.canonical_id = active_accounts.account_id
where not accounts.is_merged or active_accounts.account_id is null
group by accounts.canonical_id, activities.activity_date
