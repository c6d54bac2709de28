{{ config(enabled='stripe' in var('pql_business_sources')) }}

{% set columns = [
    'id', 'customer_id', 'status', 'livemode', 'metadata', 'created', 'start_date', 'trial_end', 'cancel_at',
    'cancel_at_period_end', 'current_period_end', 'canceled_at', 'ended_at', '_fivetran_synced'
] %}
-- One row per subscription: what it is now, since when it has been active, since when it has been unpaid.
with every_version as (

    select
        {{ columns | join(',\n        ') }},
        _fivetran_start,
        _fivetran_active,
        1 as preference
    from {{ from_source('stripe', 'subscription_history') }}

    union all

    select
        {{ columns | join(',\n        ') }},
        null as _fivetran_start,
        null as _fivetran_active,
        2 as preference
    from {{ from_source('stripe', 'subscription') }}

),

-- Rows of the test mode are left out: nobody pays in it.
typed as (

    select
        {{ blank_as_null('id') }} as subscription_id,
        {{ blank_as_null('customer_id') }} as customer_id,
        lower({{ blank_as_null('status') }}) as status,
        cast(metadata as {{ dbt.type_string() }}) as metadata,
        cast(start_date as {{ dbt.type_string() }}) as raw_start_date,
        {{ safe_cast_to('created', 'timestamp') }} as created_at,
        {{ safe_cast_to('start_date', 'timestamp') }} as started_at,
        {{ safe_cast_to('trial_end', 'timestamp') }} as trial_ended_at,
        {{ safe_cast_to('cancel_at', 'timestamp') }} as planned_end_at,
        coalesce({{ safe_cast_to('cancel_at_period_end', 'boolean') }}, false) as ends_with_period,
        {{ safe_cast_to('current_period_end', 'timestamp') }} as period_ends_at,
        {{ safe_cast_to('canceled_at', 'timestamp') }} as canceled_at,
        {{ safe_cast_to('ended_at', 'timestamp') }} as ended_at,
        {{ safe_cast_to('_fivetran_start', 'timestamp') }} as version_from,
        coalesce({{ safe_cast_to('_fivetran_active', 'boolean') }}, true) as is_current,
        {{ safe_cast_to('_fivetran_synced', 'timestamp') }} as synced_at,
        preference
    from every_version
    where coalesce({{ safe_cast_to('livemode', 'boolean') }}, true)

),

versions as (

    select
        *,
        row_number() over (
            partition by subscription_id
            order by
                preference asc,
                is_current desc,
                coalesce(version_from, timestamp '1900-01-01 00:00:00') desc,
                coalesce(synced_at, timestamp '1900-01-01 00:00:00') desc,
                status, ended_at asc, canceled_at asc, customer_id asc, metadata asc
        ) as version_number,
        row_number() over (
            partition by subscription_id, case when status in ('active', 'past_due') then 1 else 0 end
            order by
                preference asc,
                coalesce(version_from, timestamp '1900-01-01 00:00:00') asc,
                coalesce(synced_at, timestamp '1900-01-01 00:00:00') asc,
                trial_ended_at asc
        ) as number_of_kind,
        min(version_from) over (partition by subscription_id) as first_version_from,
        max(case when status <> 'unpaid' then version_from end) over (
            partition by subscription_id
        ) as last_other_than_unpaid_from
    from typed

),

milestones as (

    select
        subscription_id,
        max(case when status in ('active', 'past_due') then 1 else 0 end) as was_active,
        min(case when status in ('active', 'past_due') then version_from end) as first_active_from,
        min(first_version_from) as first_version_from,
        -- A trial that is given later does not undo what was paid before.
        max(case when status in ('active', 'past_due') and number_of_kind = 1 then trial_ended_at end)
            as first_trial_ended_at,
        min(case when status = 'unpaid' and version_from > last_other_than_unpaid_from then version_from end)
            as unpaid_since
    from versions
    group by subscription_id

),

-- Of newer versions of the API only the items have a period.
items as (

    select
        {{ blank_as_null('subscription_id') }} as subscription_id,
        max({{ safe_cast_to('current_period_end', 'timestamp') }}) as period_ends_at
    from {{ newest_rows(from_source('stripe', 'subscription_item'), 'id') }} as newest_items
    where not coalesce({{ safe_cast_to('_fivetran_deleted', 'boolean') }}, false)
    group by {{ blank_as_null('subscription_id') }}

)

select
    versions.subscription_id,
    versions.customer_id,
    versions.status,
    versions.metadata,
    coalesce(
        cast(coalesce(versions.started_at, versions.created_at) as {{ dbt.type_string() }}), versions.raw_start_date
    ) as raw_started_at,
    -- The first version was synced with a time of its own, which may be the day the connection was made: only
    -- a change that was seen has a time. Else Stripe's own times say since when.
    case
        when milestones.was_active = 0 then null
        when milestones.first_active_from > milestones.first_version_from then milestones.first_active_from
        else {{ later_of('coalesce(versions.started_at, versions.created_at)', 'milestones.first_trial_ended_at') }}
    end as active_at,
    -- A start that was set back by hand was not known before the row was made.
    case
        when milestones.was_active = 0 then null
        when milestones.first_active_from > milestones.first_version_from then milestones.first_active_from
        else {{ later_of('versions.created_at', 'milestones.first_trial_ended_at') }}
    end as active_known_at,
    -- `canceled_at` is when the end was asked for: it is the end only of what is canceled.
    coalesce(
        versions.ended_at,
        case when versions.status = 'canceled' then versions.canceled_at end,
        milestones.unpaid_since,
        versions.planned_end_at,
        case when versions.ends_with_period then coalesce(versions.period_ends_at, items.period_ends_at) end
    ) as ended_at
from versions
left join milestones on versions.subscription_id = milestones.subscription_id
left join items on versions.subscription_id = items.subscription_id
where versions.version_number = 1 or versions.subscription_id is null
