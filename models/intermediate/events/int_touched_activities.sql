-- The known daily activity of the touched entities: of accounts by the account id of the events, of accounts
-- by their users, and of users; with that of the ids that were merged into them, from the merge on. That of
-- internal users is left out.
{% set known = is_known_by_as_of('activities.known_on') %}
{% set columns %}
    touched.entity_key,
    touched.entity_type,
    touched.final_on,
    touched.active_from,
    activities.user_key,
    activities.activity_key,
    activities.object_value,
    activities.counts_event,
    activities.event_count,
    activities.value_count,
    activities.value_sum,
    activities.occurred_on,
{% endset %}
with touched as (

    select
        entity_key as source_key,
        entity_key,
        entity_type,
        final_on,
        active_from,
        date '0001-01-01' as counts_from
    from {{ ref('int_touched_entities') }}

    union all

    select
        mergers.merged_key as source_key,
        entities.entity_key,
        entities.entity_type,
        entities.final_on,
        entities.active_from,
        mergers.known_on as counts_from
    from {{ ref('int_touched_entities') }} as entities
    inner join {{ ref('int_merges') }} as mergers
        on entities.entity_key = mergers.canonical_key

)

select
    {{ columns }}
    greatest(activities.known_on, touched.counts_from) as known_on,
    activities.is_stitched or touched.counts_from > activities.known_on as is_attributed_later
from {{ ref('int_activities_identified') }} as activities
inner join touched
    on activities.account_key = touched.source_key
left join {{ ref('int_internal_users') }} as internal_users
    on activities.user_key = internal_users.user_key
where internal_users.user_key is null and {{ known }}

union all

select
    {{ columns }}
    greatest(activities.known_on, accounts.attributable_from, touched.counts_from) as known_on,
    activities.is_stitched
    or greatest(accounts.attributable_from, touched.counts_from) > activities.known_on as is_attributed_later
from {{ ref('int_activities_identified') }} as activities
inner join {{ ref('int_user_accounts') }} as accounts
    on
        activities.user_key = accounts.user_key
        and {{ is_account_of_activity('accounts', 'activities') }}
inner join touched
    on accounts.account_key = touched.source_key
left join {{ ref('int_internal_users') }} as internal_users
    on activities.user_key = internal_users.user_key
where activities.account_key is null and internal_users.user_key is null and {{ known }}

union all

select
    {{ columns }}
    greatest(activities.known_on, touched.counts_from) as known_on,
    activities.is_stitched or touched.counts_from > activities.known_on as is_attributed_later
from {{ ref('int_activities_identified') }} as activities
inner join touched
    on activities.user_key = touched.source_key
left join {{ ref('int_internal_users') }} as internal_users
    on activities.user_key = internal_users.user_key
where internal_users.user_key is null and {{ known }}
