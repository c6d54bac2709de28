{{ config(enabled='salesforce' in var('pql_business_sources')) }}

{% set is_current %}coalesce({{ safe_cast_to('_fivetran_active', 'boolean') }}, true){% endset %}
-- Contacts by sales: finished tasks that are a contact, and meetings.
with activities as (

    select
        cast(id as {{ dbt.type_string() }}) as activity_id,
        {{ blank_as_null('account_id') }} as company_id,
        {{ blank_as_null('what_id') }} as what_id,
        {{ blank_as_null('who_id') }} as who_id,
        lower(coalesce(
            {{ blank_as_null('type') }},
            case when lower(task_subtype) <> 'task' then {{ blank_as_null('task_subtype') }} end
        )) as channel,
        {{ blank_as_null('owner_id') }} as owner_id,
        {{ blank_as_null('call_disposition') }} as outcome,
        coalesce(
            cast(completed_date_time as {{ dbt.type_string() }}), cast(activity_date as {{ dbt.type_string() }})
        ) as touched_at
    from {{ newest_rows(from_source('salesforce', 'task'), 'id', is_current) }} as tasks
    where
        {{ safe_cast_to('is_closed', 'boolean') }}
        -- A thing to do that has no kind is no contact.
        and coalesce(
            {{ blank_as_null('type') }},
            case when lower(task_subtype) <> 'task' then {{ blank_as_null('task_subtype') }} end
        ) is not null
        and not coalesce({{ safe_cast_to('is_deleted', 'boolean') }}, false)

    union all

    select
        cast(id as {{ dbt.type_string() }}) as activity_id,
        {{ blank_as_null('account_id') }} as company_id,
        {{ blank_as_null('what_id') }} as what_id,
        {{ blank_as_null('who_id') }} as who_id,
        lower(coalesce({{ blank_as_null('type') }}, 'meeting')) as channel,
        {{ blank_as_null('owner_id') }} as owner_id,
        cast(null as {{ dbt.type_string() }}) as outcome,
        coalesce(
            cast(start_date_time as {{ dbt.type_string() }}),
            cast(activity_date_time as {{ dbt.type_string() }}),
            cast(activity_date as {{ dbt.type_string() }})
        ) as touched_at
    from {{ newest_rows(from_source('salesforce', 'event'), 'id', is_current) }} as meetings
    where
        -- Each invited person has a copy of the meeting.
        not coalesce({{ safe_cast_to('is_child', 'boolean') }}, false)
        and not coalesce({{ safe_cast_to('is_deleted', 'boolean') }}, false)

),

opportunities as (

    select
        cast(id as {{ dbt.type_string() }}) as opportunity_id,
        max({{ blank_as_null('account_id') }}) as company_id
    from {{ newest_rows(from_source('salesforce', 'opportunity'), 'id', is_current) }} as current_rows
    group by cast(id as {{ dbt.type_string() }})

),

users as (

    select
        cast(id as {{ dbt.type_string() }}) as user_id,
        max(coalesce({{ blank_as_null('email') }}, {{ blank_as_null('name') }})) as user_name
    from {{ from_source('salesforce', 'user') }}
    group by cast(id as {{ dbt.type_string() }})

),

-- The account of the activity, of its opportunity, that it is about, of its person: the first that is there.
attributed as (

    select
        activities.activity_id,
        activities.channel,
        activities.owner_id,
        activities.outcome,
        activities.touched_at,
        people.email,
        coalesce(
            activities.company_id, opportunities.company_id, about.company_id, people.company_id
        ) as company_id
    from activities
    left join opportunities on activities.what_id = opportunities.opportunity_id
    left join {{ ref('base_salesforce__accounts') }} as about
        on activities.what_id = about.company_id
    left join {{ ref('base_salesforce__people') }} as people on activities.who_id = people.person_id

),

renamed as (

    select
        'salesforce:' || attributed.activity_id as touch_id,
        accounts.account_id,
        attributed.channel,
        users.user_name as owner,
        attributed.outcome,
        attributed.touched_at,
        coalesce(accounts.company_domain, attributed.email) as company_domain
    from attributed
    left join {{ ref('base_salesforce__merges') }} as merged on attributed.company_id = merged.merged_id
    left join {{ ref('base_salesforce__accounts') }} as accounts
        on coalesce(merged.canonical_id, attributed.company_id) = accounts.company_id
    left join users on attributed.owner_id = users.user_id
    where
        -- A meeting that is planned is no contact yet.
        attributed.touched_at is null
        or {{ safe_cast_to('attributed.touched_at', 'timestamp') }} is null
        or cast({{ safe_cast_to('attributed.touched_at', 'timestamp') }} as date) <= {{ latest_plausible_on() }}

)

{{ contract_touches('renamed') }}
