{{ config(enabled='zendesk' in var('pql_event_sources')) }}

with organizations as (

    select
        cast(id as {{ dbt.type_string() }}) as organization_id,
        max({{ blank_as_null('external_id') }}) as account_id
    from {{ from_source('zendesk', 'organization') }}
    group by cast(id as {{ dbt.type_string() }})

),

people as (

    select
        cast(id as {{ dbt.type_string() }}) as requester_id,
        coalesce(max({{ blank_as_null('external_id') }}), max(lower({{ blank_as_null('email') }}))) as user_id
    from {{ from_source('zendesk', 'user') }}
    group by cast(id as {{ dbt.type_string() }})

),

tags as (

    select
        ticket_id,
        {{ list_text('tag', ',', 'tag') }} as tags
    from (
        select distinct
            cast(ticket_id as {{ dbt.type_string() }}) as ticket_id,
            cast(tag as {{ dbt.type_string() }}) as tag
        from {{ from_source('zendesk', 'ticket_tag') }}
    ) as every_tag
    group by ticket_id

),

-- The connector repeats changes that it has read before.
changes as (

    select distinct
        cast(ticket_id as {{ dbt.type_string() }}) as ticket_id,
        cast(field_name as {{ dbt.type_string() }}) as field_name,
        cast(value as {{ dbt.type_string() }}) as changed_to,
        {{ safe_cast_to('updated', 'timestamp') }} as changed_at,
        cast(updated as {{ dbt.type_string() }}) as raw_changed_at
    from {{ from_source('zendesk', 'ticket_field_history') }}
    where field_name in ('status', 'priority', 'type', 'tags')

),

tickets as (

    select
        *,
        {{ blank_as_null('id') }} as ticket_id,
        {{ safe_cast_to('created_at', 'timestamp') }} as opened_at,
        coalesce(status = 'deleted', false)
        or coalesce({{ safe_cast_to('_fivetran_deleted', 'boolean') }}, false) as is_deleted
    from {{ newest_rows(from_source('zendesk', 'ticket'), 'id') }} as newest_tickets

),

opened as (

    select
        ticket_id,
        min(opened_at) as opened_at
    from tickets
    group by ticket_id

),

-- What a field was when the ticket was opened, the triggers of the first minute included: what it is now was
-- not known then, and it may change again.
first_values as (

    select
        ticket_id,
        max(case when field_name = 'priority' then changed_to end) as priority,
        max(case when field_name = 'type' then changed_to end) as ticket_type,
        max(case when field_name = 'tags' then changed_to end) as tags
    from (
        select
            changes.*,
            row_number() over (
                partition by changes.ticket_id, changes.field_name
                order by changes.changed_at desc, changes.changed_to asc
            ) as recency
        from changes
        inner join opened
            on
                changes.ticket_id = opened.ticket_id
                and changes.changed_at <= {{ dbt.dateadd('minute', 1, 'opened.opened_at') }}
    ) as ranked
    where recency = 1
    group by ticket_id

),

tickets_with_history as (

    select distinct ticket_id
    from changes

),

-- Tags have a history of their own.
tag_changes as (

    select
        cast(ticket_id as {{ dbt.type_string() }}) as ticket_id,
        cast(tag as {{ dbt.type_string() }}) as tag,
        coalesce({{ safe_cast_to('tagged', 'boolean') }}, false) as is_tagged,
        {{ safe_cast_to('updated', 'timestamp') }} as changed_at
    from {{ from_source('zendesk', 'ticket_tag_history') }}

),

first_tags as (

    select
        ticket_id,
        {{ list_text('tag', ',', 'tag') }} as tags
    from (
        select
            tag_changes.*,
            row_number() over (
                partition by tag_changes.ticket_id, tag_changes.tag
                order by tag_changes.changed_at desc, tag_changes.is_tagged desc
            ) as recency
        from tag_changes
        inner join opened
            on
                tag_changes.ticket_id = opened.ticket_id
                and tag_changes.changed_at <= {{ dbt.dateadd('minute', 1, 'opened.opened_at') }}
    ) as ranked
    where recency = 1 and is_tagged
    group by ticket_id

),

tickets_with_tag_history as (

    select distinct ticket_id
    from tag_changes

),

-- Tags as they are now say nothing of then, where a history is there.
tags_of_tickets as (

    select
        opened.ticket_id,
        case
            when tickets_with_tag_history.ticket_id is not null then first_tags.tags
            when tickets_with_history.ticket_id is not null then first_values.tags
            else tags.tags
        end as tags
    from opened
    left join tags on opened.ticket_id = tags.ticket_id
    left join tickets_with_history on opened.ticket_id = tickets_with_history.ticket_id
    left join first_values on opened.ticket_id = first_values.ticket_id
    left join tickets_with_tag_history on opened.ticket_id = tickets_with_tag_history.ticket_id
    left join first_tags on opened.ticket_id = first_tags.ticket_id

),

described as (

    select
        tickets.ticket_id,
        tickets.is_deleted,
        tickets.created_at,
        people.user_id,
        organizations.account_id,
        case
            when tickets_with_history.ticket_id is not null then {{ json_object_text({
                'priority': 'first_values.priority',
                'type': 'first_values.ticket_type',
                'via_channel': 'tickets.via_channel',
                'tags': 'tags_of_tickets.tags',
            }) }}
            else {{ json_object_text({
                'priority': 'tickets.priority',
                'type': 'tickets.type',
                'via_channel': 'tickets.via_channel',
                'tags': 'tags_of_tickets.tags',
            }) }}
        end as properties
    from tickets
    left join people
        on cast(tickets.requester_id as {{ dbt.type_string() }}) = people.requester_id
    left join organizations
        on cast(tickets.organization_id as {{ dbt.type_string() }}) = organizations.organization_id
    left join tags_of_tickets
        on tickets.ticket_id = tags_of_tickets.ticket_id
    left join tickets_with_history
        on tickets.ticket_id = tickets_with_history.ticket_id
    left join first_values
        on tickets.ticket_id = first_values.ticket_id

),

status_changes as (

    select
        *,
        lag(changed_to) over (
            partition by ticket_id
            order by changed_at, changed_to, raw_changed_at
        ) as changed_from
    from changes
    where field_name = 'status'

),

resolutions as (

    select
        ticket_id,
        case when changed_to = 'solved' then 'Ticket Solved' else 'Ticket Reopened' end as event_name,
        case when changed_to = 'solved' then ':solved:' else ':reopened:' end as key_part,
        changed_at,
        raw_changed_at
    from status_changes
    where
        changed_to = 'solved'
        -- Agents may answer before they open it.
        or (changed_from = 'solved' and changed_to in ('new', 'open', 'pending', 'hold'))

),

-- Rows of one ticket differ in what they say of it; its own events are counted once by their ids.
one_per_ticket as (

    select *
    from (
        select
            *,
            row_number() over (
                partition by ticket_id
                order by is_deleted desc, created_at asc, user_id asc, account_id asc, properties asc
            ) as row_of_ticket
        from described
    ) as numbered
    where row_of_ticket = 1

),

renamed as (

    -- A deleted ticket (spam, a mistake) says nothing of a customer: it is not an event.
    select
        'zendesk:ticket:' || ticket_id || ':created' as event_id,
        user_id,
        cast(null as {{ dbt.type_string() }}) as anonymous_id,
        account_id,
        'Ticket Created' as event_name,
        properties,
        cast(created_at as {{ dbt.type_string() }}) as occurred_at,
        -- When the row was synced changes with the ticket; it was there to be known when it was opened.
        cast(created_at as {{ dbt.type_string() }}) as received_at,
        cast(null as {{ dbt.type_string() }}) as user_agent
    from described
    where not is_deleted

    union all

    select
        'zendesk:ticket:' || resolutions.ticket_id || resolutions.key_part
        || coalesce(cast(resolutions.changed_at as {{ dbt.type_string() }}), resolutions.raw_changed_at) as event_id,
        tickets.user_id,
        cast(null as {{ dbt.type_string() }}) as anonymous_id,
        tickets.account_id,
        resolutions.event_name,
        tickets.properties,
        resolutions.raw_changed_at as occurred_at,
        resolutions.raw_changed_at as received_at,
        cast(null as {{ dbt.type_string() }}) as user_agent
    from resolutions
    left join one_per_ticket as tickets
        on resolutions.ticket_id = tickets.ticket_id
    where not coalesce(tickets.is_deleted, false)

)

{{ contract_events('renamed') }}
