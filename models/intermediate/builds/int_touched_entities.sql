-- The entities that this run scores anew, and the last day whose state stays as it is: the day before the
-- first on which something new became known (a historical load is known since it occurred). Their whole
-- history is computed anew when a row of theirs in users, accounts or subscriptions changed, or a fact about
-- an identity is no longer there; that of all entities in a first build, or when a definition changed or the
-- as-of day moved back. Those of a run that did not come to its end are touched again, for they hold what it
-- made of them, whatever the cause was and whether it is still there.
-- depends_on: {{ ref('int_as_of') }} {{ ref('int_reread_rows') }} {{ ref('int_events_daily') }}
-- depends_on: {{ ref('int_user_accounts') }} {{ ref('int_anonymous_users') }} {{ ref('int_merges') }}
-- depends_on: {{ ref('int_activities_identified') }}
-- depends_on: {{ ref('int_paid_subscriptions') }} {{ ref('int_changed_entity_rows') }} {{ ref('int_entity_keys') }}
{% set plan = build_plan() %}
{% set beginning = "date '0001-01-01'" %}
{% if plan.rescores_all %}
select
    keys.entity_key,
    keys.entity_type,
    {{ beginning }} as final_on,
    {{ beginning }} as active_from,
    plan.build_number
from {{ ref('int_entity_keys') }} as keys
cross join {{ ref('int_build_plan') }} as plan
where keys.entity_type in ('account', 'user')
{% else %}
with rows_read as (

    select
        account_key,
        user_key,
        anonymous_key,
        known_on,
        occurred_on
    from {{ ref('int_events_daily') }}
    where
        (received_on >= date '{{ plan.arrived_from }}' or known_on > date '{{ plan.previous_as_of_on }}')
        and {{ is_known_by_as_of() }}

    union all

    select
        account_key,
        user_key,
        anonymous_key,
        known_on,
        occurred_on
    from {{ ref('int_reread_rows') }}
    where {{ is_known_by_as_of() }}

),

-- With every account that the user may have done it for.
rows_identified as (

    select
        coalesce(rows_read.account_key, accounts.account_key) as account_key,
        coalesce(rows_read.user_key, anonymous_users.user_key) as user_key,
        rows_read.known_on,
        rows_read.occurred_on
    from rows_read
    left join {{ ref('int_anonymous_users') }} as anonymous_users
        on rows_read.anonymous_key = anonymous_users.anonymous_key
    left join {{ ref('int_user_accounts') }} as accounts
        on
            coalesce(rows_read.user_key, anonymous_users.user_key) = accounts.user_key
            and rows_read.account_key is null

),

changed_rows as (

    select
        changed.row_kind,
        changed.known_on,
        changed.was_held,
        user_keys.entity_key as user_key,
        account_keys.entity_key as account_key,
        held_account_keys.entity_key as held_account_key
    from {{ ref('int_changed_entity_rows') }} as changed
    left join {{ ref('int_entity_keys') }} as user_keys
        on
            changed.user_id = user_keys.entity_id
            and user_keys.entity_type = 'user'
    left join {{ ref('int_entity_keys') }} as account_keys
        on
            changed.account_id = account_keys.entity_id
            and account_keys.entity_type = 'account'
    left join {{ ref('int_entity_keys') }} as held_account_keys
        on
            changed.held_account_id = held_account_keys.entity_id
            and held_account_keys.entity_type = 'account'

),

-- A user takes along what it did before: all its accounts change, unless it is new and has done nothing yet.
active_users as (

    select *
    from changed_rows
    where
        changed_rows.row_kind = 'user'
        and (
            changed_rows.was_held
            or exists (
                select 1
                from {{ ref('int_activities_identified') }} as activities
                where activities.user_key = changed_rows.user_key
            )
        )

),

moved_users as (

    select
        account_key,
        held_account_key
    from active_users

    union all

    select
        accounts.account_key,
        cast(null as integer) as held_account_key
    from active_users
    inner join {{ ref('int_user_accounts') }} as accounts
        on active_users.user_key = accounts.user_key

    union all

    -- Or became internal, or no longer is: so do the accounts that its events name.
    select distinct
        activities.account_key,
        cast(null as integer) as held_account_key
    from {{ ref('int_events_daily') }} as activities
    inner join changed_rows
        on
            activities.user_key = changed_rows.user_key
            and changed_rows.row_kind = 'user'

),

new_subscriptions as (

    select account_keys.entity_key as account_key
    from {{ ref('int_paid_subscriptions') }} as subscriptions
    inner join {{ ref('int_entity_keys') }} as account_keys
        on
            subscriptions.account_id = account_keys.entity_id
            and account_keys.entity_type = 'account'
    where subscriptions.known_on > date '{{ plan.previous_as_of_on }}'

),

-- A new fact about an identity changes nothing before the day on which it became known.
identities as (

    select
        user_key,
        account_key,
        held_account_key,
        coalesce(case when known_on > {{ beginning }} then {{ add_days('known_on', -1) }} end, {{ beginning }}) as final_on
    from changed_rows
    where row_kind = 'identity'

),

changed_accounts as (

    select account_key from changed_rows where row_kind in ('account', 'subscription')
    union
    select held_account_key from changed_rows where row_kind in ('account', 'subscription')
    union
    select account_key from new_subscriptions

),

-- Users have the attributes and subscriptions of their account, and those of what was merged into it.
accounts_of_users as (

    select account_key from changed_accounts
    union
    select mergers.canonical_key as account_key
    from changed_accounts
    inner join {{ ref('int_merges') }} as mergers
        on changed_accounts.account_key = mergers.merged_key

),

touched as (

    select
        account_key as entity_key,
        {{ add_days('known_on', -1) }} as final_on,
        occurred_on as active_from
    from rows_identified

    union all

    select
        user_key as entity_key,
        {{ add_days('known_on', -1) }} as final_on,
        occurred_on as active_from
    from rows_identified

    {% for changed in [
        'select user_key as entity_key, final_on from identities',
        'select account_key as entity_key, final_on from identities',
        'select held_account_key as entity_key, final_on from identities',
        'select accounts.account_key as entity_key, identities.final_on from identities inner join '
        ~ ref('int_user_accounts') ~ ' as accounts on identities.user_key = accounts.user_key',
        'select accounts.user_key as entity_key, identities.final_on from identities inner join '
        ~ ref('int_user_accounts') ~ ' as accounts on identities.account_key = accounts.account_key'
        ~ ' where identities.user_key is null',
        'select accounts.user_key as entity_key, identities.final_on from identities inner join '
        ~ ref('int_user_accounts') ~ ' as accounts on identities.held_account_key = accounts.account_key'
        ~ ' where identities.user_key is null',
    ] %}
    union all

    select
        entity_key,
        final_on,
        {{ beginning }} as active_from
    from ({{ changed }}) as changed
    {% endfor %}

    {% for changed in [
        "select user_key as entity_key from changed_rows where row_kind <> 'identity'",
        'select account_key as entity_key from moved_users',
        'select held_account_key as entity_key from moved_users',
        'select account_key as entity_key from changed_accounts',
        'select users.user_key as entity_key from accounts_of_users inner join ' ~ ref('int_user_accounts')
        ~ ' as users on accounts_of_users.account_key = users.account_key',
    ] %}
    union all

    select
        entity_key,
        {{ beginning }} as final_on,
        {{ beginning }} as active_from
    from ({{ changed }}) as changed
    {% endfor %}

    -- Where the as-of day is that of the data, it moves back when the last that was known counts no longer.
    union all

    select
        keys.entity_key,
        {{ beginning }} as final_on,
        {{ beginning }} as active_from
    from {{ ref('int_entity_keys') }} as keys
    inner join {{ ref('int_as_of') }} as as_of
        on as_of.as_of_on < date '{{ plan.previous_as_of_on }}'
    where keys.entity_type in ('account', 'user')

    {% if execute and load_relation(this) is not none %}
    union all

    select
        noted.entity_key,
        noted.final_on,
        noted.active_from
    from {{ this }} as noted
    inner join {{ ref('int_build_plan') }} as plan
        on noted.build_number = plan.build_number
    {% endif %}

),

-- What was merged into another counts there as well.
with_canonical as (

    select *
    from touched

    union all

    select
        mergers.canonical_key as entity_key,
        touched.final_on,
        touched.active_from
    from touched
    inner join {{ ref('int_merges') }} as mergers
        on touched.entity_key = mergers.merged_key

)

select
    touched.entity_key,
    keys.entity_type,
    min(touched.final_on) as final_on,
    min(touched.active_from) as active_from,
    plan.build_number
from with_canonical as touched
inner join {{ ref('int_entity_keys') }} as keys
    on touched.entity_key = keys.entity_key
cross join {{ ref('int_build_plan') }} as plan
group by touched.entity_key, keys.entity_type, plan.build_number
{% endif %}
