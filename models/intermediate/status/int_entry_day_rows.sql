-- For every entity and day on which it qualified: the rows that count for its signals at the end of that
-- day, with the time at which each became known. Rows known before the day have no time, and neither have
-- those whose owner became known later than they did.
with entries as (

    select distinct
        entity_key,
        entity_type,
        changed_on as entered_on
    from {{ ref('int_new_status_changes') }}
    where is_qualified

),

earlier_rows as (

    select
        entries.entity_key,
        entries.entered_on,
        contributions.signal_number,
        contributions.measure,
        contributions.user_key,
        contributions.object_value,
        contributions.occurred_on,
        contributions.event_count,
        contributions.value_count,
        contributions.value_sum,
        cast(null as timestamp) as known_at
    from {{ ref('int_signal_contributions') }} as contributions
    inner join entries
        on
            contributions.entity_key = entries.entity_key
            and contributions.starts_on <= entries.entered_on
            and entries.entered_on < contributions.ends_on
            and (contributions.known_on < entries.entered_on or contributions.is_attributed_later)

),

-- The events with who did it, as far as that was known when they became known.
events as (

    select
        account_key,
        user_key,
        activity_key,
        object_value,
        measured_value,
        counts_event,
        occurred_on,
        known_on,
        known_at
    from {{ ref('int_event_activities') }}
    where anonymous_key is null

    union all

    select
        anonymous_events.account_key,
        users.user_key,
        anonymous_events.activity_key,
        anonymous_events.object_value,
        anonymous_events.measured_value,
        anonymous_events.counts_event,
        anonymous_events.occurred_on,
        anonymous_events.known_on,
        anonymous_events.known_at
    from {{ ref('int_event_activities') }} as anonymous_events
    inner join {{ ref('int_anonymous_users') }} as users
        on
            anonymous_events.anonymous_key = users.anonymous_key
            and anonymous_events.known_on >= users.known_from
            and anonymous_events.known_on < users.known_to

),

entered as (

    select
        entity_key as source_key,
        entity_key,
        entity_type,
        entered_on
    from entries

    union all

    select
        mergers.merged_key as source_key,
        entries.entity_key,
        entries.entity_type,
        entries.entered_on
    from entries
    inner join {{ ref('int_merges') }} as mergers
        on
            entries.entity_key = mergers.canonical_key
            and mergers.known_on <= entries.entered_on

),

-- The events of the day: of an account by their own account id, of an account by its users, and of a user.
events_of_the_day as (

    select
        entered.entity_key,
        entered.entity_type,
        entered.entered_on,
        events.*
    from events
    inner join entered
        on
            events.account_key = entered.source_key
            and events.known_on = entered.entered_on

    union all

    select
        entered.entity_key,
        entered.entity_type,
        entered.entered_on,
        events.*
    from events
    inner join {{ ref('int_user_accounts') }} as accounts
        on
            events.user_key = accounts.user_key
            and events.known_on >= accounts.attributable_from
            and {{ is_account_of_activity('accounts', 'events') }}
    inner join entered
        on
            accounts.account_key = entered.source_key
            and events.known_on = entered.entered_on
    where events.account_key is null

    union all

    select
        entered.entity_key,
        entered.entity_type,
        entered.entered_on,
        events.*
    from events
    inner join entered
        on
            events.user_key = entered.source_key
            and events.known_on = entered.entered_on

),

used_events as (

    select events_of_the_day.*
    from events_of_the_day
    left join {{ ref('int_internal_users') }} as internal_users
        on events_of_the_day.user_key = internal_users.user_key
    where internal_users.user_key is null

),

every_event as (

    select distinct activity_key
    from {{ ref('def_scored_signals') }}
    where is_every_event

),

activities as (

    select
        entity_key,
        entity_type,
        entered_on,
        user_key,
        activity_key,
        object_value,
        measured_value,
        occurred_on,
        known_at
    from used_events
    where activity_key is not null

    union all

    select
        used_events.entity_key,
        used_events.entity_type,
        used_events.entered_on,
        used_events.user_key,
        every_event.activity_key,
        cast(null as varchar) as object_value,
        cast(null as decimal(27, 9)) as measured_value,
        used_events.occurred_on,
        used_events.known_at
    from used_events
    cross join every_event
    where used_events.counts_event

),

rows_of_the_day as (

    select
        activities.entity_key,
        activities.entered_on,
        signals.signal_number,
        signals.measure,
        activities.user_key,
        activities.object_value,
        activities.occurred_on,
        cast(1 as bigint) as event_count,
        cast(case when activities.measured_value is null then 0 else 1 end as bigint) as value_count,
        activities.measured_value as value_sum,
        activities.known_at
    from activities
    inner join {{ ref('def_scored_signals') }} as signals
        on
            activities.activity_key = signals.activity_key
            and activities.entity_type = signals.entity_type
    left join {{ ref('int_entity_creations') }} as creations
        on
            activities.entity_key = creations.entity_key
            and creations.valid_from <= activities.entered_on
            and activities.entered_on < creations.valid_to
    where
        (
            signals.window_days is null
            or activities.entered_on < {{ add_days('activities.occurred_on', 'signals.window_days') }}
        )
        and (
            signals.within_days_of_signup is null
            or activities.occurred_on < {{ add_days('creations.created_on', 'signals.within_days_of_signup') }}
        )

)

select * from earlier_rows
union all
select * from rows_of_the_day
