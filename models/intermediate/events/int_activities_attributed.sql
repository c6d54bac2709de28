-- The daily activity that is known, with who did it and for which account: that of the events, else that of
-- the user, from the day on which it was known as well (`account_known_on`). Activity of internal users is
-- marked; it contributes to nothing.
select
    activities.source_name,
    coalesce(activities.account_key, accounts.account_key) as account_key,
    activities.user_key,
    activities.activity_key,
    activities.object_value,
    activities.event_count,
    activities.counts_event,
    activities.value_count,
    activities.value_sum,
    internal_users.user_key is not null as is_internal,
    activities.occurred_on,
    activities.received_on,
    activities.known_on,
    greatest(activities.known_on, coalesce(accounts.attributable_from, activities.known_on)) as account_known_on,
    activities.first_occurred_at,
    activities.last_occurred_at
from {{ ref('int_activities_identified') }} as activities
left join {{ ref('int_user_accounts') }} as accounts
    on
        activities.user_key = accounts.user_key
        and activities.account_key is null
        and {{ is_account_of_activity('accounts', 'activities') }}
left join {{ ref('int_internal_users') }} as internal_users
    on activities.user_key = internal_users.user_key
where {{ is_known_by_as_of('activities.known_on') }}
