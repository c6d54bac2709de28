-- For every entity and day on which it qualified: the rows that became known on that day, with the time, for
-- each signal they count for; and of these signals the rows that counted already. Those have no time, and
-- neither have rows whose owner became known later than they did.
{% set counts_on_the_day %}
        activities.occurred_on < signals.occurred_before
        and (
            signals.window_days is null
            or signals.entered_on < {{ add_days('activities.occurred_on', 'signals.window_days') }}
        )
{% endset %}
with entry_signals as (

    select distinct
        changes.entity_key,
        changes.changed_on as entered_on,
        signals.signal_number,
        signals.activity_key,
        signals.measure,
        signals.window_days,
        case
            when signals.within_days_of_signup is null then date '9999-12-31'
            else {{ add_days('creations.created_on', 'signals.within_days_of_signup') }}
        end as occurred_before
    from {{ ref('int_new_status_changes') }} as changes
    inner join {{ ref('def_weights') }} as weights
        on changes.definition_key = weights.definition_key
    inner join {{ ref('def_scored_signals') }} as signals
        on
            weights.signal_key = signals.signal_key
            and weights.entity_type = signals.entity_type
    left join {{ ref('int_entity_creations') }} as creations
        on
            changes.entity_key = creations.entity_key
            and creations.valid_from <= changes.changed_on
            and changes.changed_on < creations.valid_to
    where changes.is_qualified

),

entries as (

    select distinct
        entity_key,
        entered_on
    from entry_signals

),

entry_days as (

    select distinct entered_on
    from entries

),

-- The events of those days with who did it, as far as that was known when they became known.
events as (

    select
        named_events.account_key,
        named_events.user_key,
        named_events.activity_key,
        named_events.object_value,
        named_events.measured_value,
        named_events.counts_event,
        named_events.occurred_on,
        named_events.known_on,
        named_events.known_at
    from {{ ref('int_event_activities') }} as named_events
    inner join entry_days
        on named_events.known_on = entry_days.entered_on
    where named_events.anonymous_key is null

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
    inner join entry_days
        on anonymous_events.known_on = entry_days.entered_on

),

entered as (

    select
        entity_key as source_key,
        entity_key,
        entered_on
    from entries

    union all

    select
        mergers.merged_key as source_key,
        entries.entity_key,
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
        used_events.entered_on,
        used_events.user_key,
        every_event.activity_key,
        cast(null as {{ dbt.type_string() }}) as object_value,
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
    inner join entry_signals as signals
        on
            activities.entity_key = signals.entity_key
            and activities.entered_on = signals.entered_on
            and activities.activity_key = signals.activity_key
    where
        {{ counts_on_the_day }}

),

signals_of_the_day as (

    select *
    from entry_signals
    where exists (
        select 1
        from rows_of_the_day
        where
            rows_of_the_day.entity_key = entry_signals.entity_key
            and rows_of_the_day.entered_on = entry_signals.entered_on
            and rows_of_the_day.signal_number = entry_signals.signal_number
    )

),

earlier_rows as (

    select
        signals.entity_key,
        signals.entered_on,
        signals.signal_number,
        signals.measure,
        activities.user_key,
        activities.object_value,
        activities.occurred_on,
        activities.event_count,
        activities.value_count,
        activities.value_sum,
        cast(null as timestamp) as known_at
    from {{ ref('int_entity_activities') }} as activities
    inner join signals_of_the_day as signals
        on
            activities.entity_key = signals.entity_key
            and activities.activity_key = signals.activity_key
            and (
                activities.known_on < signals.entered_on
                or (activities.known_on = signals.entered_on and activities.is_attributed_later)
            )
    where
        {{ counts_on_the_day }}

)

select * from earlier_rows
union all
select * from rows_of_the_day
