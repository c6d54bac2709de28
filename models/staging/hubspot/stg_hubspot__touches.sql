{{ config(enabled='hubspot' in var('pql_business_sources')) }}

{# The outcome of each kind, and those with which nobody was reached or tried: no answer is an attempt. #}
{% set details = {
    'call': {'outcome': 'property_hs_call_status', 'without_contact': ['queued', 'canceled', 'failed']},
    'email': {'outcome': 'property_hs_email_status', 'without_contact': ['scheduled', 'failed', 'bounced']},
    'meeting': {'outcome': 'property_hs_meeting_outcome', 'without_contact': ['canceled', 'rescheduled']},
    'communication': {'outcome': 'null', 'without_contact': []},
} %}
-- Contacts by sales: one row per engagement and company.
with details as (

    {% for kind, detail in details.items() %}
    select
        cast(engagement_id as {{ dbt.type_string() }}) as engagement_id,
        coalesce(
            cast(property_hs_timestamp as {{ dbt.type_string() }}),
            cast(property_hs_createdate as {{ dbt.type_string() }})
        ) as touched_at,
        cast(property_hubspot_owner_id as {{ dbt.type_string() }}) as owner_id,
        cast({{ detail.outcome }} as {{ dbt.type_string() }}) as outcome,
        coalesce(
            {{ is_one_of('lower(cast(' ~ detail.outcome ~ ' as ' ~ dbt.type_string() ~ '))', detail.without_contact) }},
            false
        ) as is_without_contact,
        {{ "upper(property_hs_email_direction)" if kind == 'email' else "cast(null as " ~ dbt.type_string() ~ ")" }}
            as direction,
        coalesce({{ safe_cast_to('_fivetran_deleted', 'boolean') }}, false) as is_deleted
    from {{ newest_rows(from_source('hubspot', 'engagement_' ~ kind), 'engagement_id') }} as engagements_of_a_kind
    {% if not loop.last %}

    union all

    {% endif %}
    {% endfor %}

),

-- What is no contact by sales is left out: notes, tasks, what customers write and what never reached anybody. So is
-- what was deleted.
engagements as (

    select
        {{ blank_as_null('engagements.id') }} as engagement_id,
        lower({{ blank_as_null('engagements.type') }}) as channel,
        coalesce(details.touched_at, cast(engagements.property_hs_timestamp as {{ dbt.type_string() }})) as touched_at,
        coalesce(details.owner_id, cast(engagements.property_hubspot_owner_id as {{ dbt.type_string() }})) as owner_id,
        lower(details.outcome) as outcome
    from {{ newest_rows(from_source('hubspot', 'engagement'), 'id') }} as engagements
    left join details on cast(engagements.id as {{ dbt.type_string() }}) = details.engagement_id
    where
        coalesce(upper(engagements.type), '') not in ('NOTE', 'TASK', 'PUBLISHING_TASK', 'INCOMING_EMAIL')
        and not coalesce({{ safe_cast_to('engagements._fivetran_deleted', 'boolean') }}, false)
        and not coalesce(details.is_deleted, false)
        and not coalesce(details.is_without_contact, false)
        and coalesce(details.direction, '') not in ('INCOMING_EMAIL', 'DRAFT_EMAIL')

),

engagement_companies as (

    select distinct
        cast(links.engagement_id as {{ dbt.type_string() }}) as engagement_id,
        coalesce(merged.canonical_id, cast(links.company_id as {{ dbt.type_string() }})) as company_id
    from {{ from_source('hubspot', 'engagement_company') }} as links
    left join {{ ref('base_hubspot__merges') }} as merged
        on merged.object_type = 'company' and cast(links.company_id as {{ dbt.type_string() }}) = merged.merged_id

),

engagement_contacts as (

    select
        cast(links.engagement_id as {{ dbt.type_string() }}) as engagement_id,
        min(contacts.account_id) as account_id,
        min(contacts.company_domain) as company_domain
    from {{ from_source('hubspot', 'engagement_contact') }} as links
    left join {{ ref('base_hubspot__merges') }} as merged
        on merged.object_type = 'contact' and cast(links.contact_id as {{ dbt.type_string() }}) = merged.merged_id
    inner join {{ ref('base_hubspot__contacts') }} as contacts
        on
            coalesce(merged.canonical_id, cast(links.contact_id as {{ dbt.type_string() }})) = contacts.contact_id
    group by cast(links.engagement_id as {{ dbt.type_string() }})

),

renamed as (

    select
        'hubspot:' || engagements.engagement_id || coalesce(':' || engagement_companies.company_id, '') as touch_id,
        coalesce(companies.account_id, engagement_contacts.account_id) as account_id,
        engagements.channel,
        owners.owner_name as owner,
        engagements.outcome,
        engagements.touched_at,
        coalesce(companies.company_domain, engagement_contacts.company_domain) as company_domain
    from engagements
    left join engagement_companies on engagements.engagement_id = engagement_companies.engagement_id
    left join {{ ref('base_hubspot__companies') }} as companies
        on engagement_companies.company_id = companies.company_id
    left join engagement_contacts on engagements.engagement_id = engagement_contacts.engagement_id
    left join {{ ref('base_hubspot__owners') }} as owners on engagements.owner_id = owners.owner_id
    where
        -- A meeting that is planned is no contact yet.
        engagements.touched_at is null
        or {{ safe_cast_to('engagements.touched_at', 'timestamp') }} is null
        or cast({{ safe_cast_to('engagements.touched_at', 'timestamp') }} as date) <= {{ latest_plausible_on() }}

)

{{ contract_touches('renamed') }}
