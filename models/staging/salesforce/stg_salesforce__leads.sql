{{ config(enabled='salesforce' in var('pql_business_sources')) }}

{% set in_statuses = {
    'mql': is_one_of('status', var('pql_salesforce_mql_statuses')),
    'sql': is_one_of('status', var('pql_salesforce_sql_statuses')),
} %}
{% set every_lead_is_mql = var('pql_salesforce_mql_statuses') | length == 0 %}
-- Leads by when they became marketing- and sales-qualified.
with versions as (

    select
        cast(id as {{ dbt.type_string() }}) as lead_id,
        {{ blank_as_null('email') }} as email,
        {{ blank_as_null('website') }} as website,
        lower({{ blank_as_null('status') }}) as status,
        {{ blank_as_null('lead_source') }} as lead_source,
        {{ blank_as_null('converted_account_id') }} as company_id,
        {{ blank_as_null('master_record_id') }} as master_record_id,
        coalesce({{ safe_cast_to('is_converted', 'boolean') }}, false) as is_converted,
        coalesce({{ safe_cast_to('is_deleted', 'boolean') }}, false) as is_deleted,
        coalesce({{ safe_cast_to('_fivetran_active', 'boolean') }}, true) as is_current,
        cast(created_date as {{ dbt.type_string() }}) as raw_created_at,
        cast(converted_date as {{ dbt.type_string() }}) as raw_converted_at,
        -- A day without a time: no lead was converted before it was created.
        case
            when {{ safe_cast_to('converted_date', 'timestamp') }} < {{ safe_cast_to('created_date', 'timestamp') }}
                then {{ safe_cast_to('created_date', 'timestamp') }}
            else {{ safe_cast_to('converted_date', 'timestamp') }}
        end as converted_at,
        -- Since when a status is known to hold. The first version in history mode begins with the first sync; then,
        -- and without history mode, it held at the last change already.
        {{ earlier_of(
            safe_cast_to('_fivetran_start', 'timestamp'), safe_cast_to('last_modified_date', 'timestamp')
        ) }} as changed_at,
        cast(_fivetran_synced as {{ dbt.type_string() }}) as synced_at
    from {{ from_source('salesforce', 'lead') }}

),

-- Deleted leads, and those merged into another one, are left out, by what was written last; past versions only give
-- times.
leads as (

    select *
    from (
        select
            *,
            row_number() over (
                partition by lead_id
                order by
                    is_current desc,
                    coalesce(synced_at, '') desc,
                    changed_at desc,
                    is_deleted asc,
                    email asc,
                    status asc,
                    raw_created_at asc
            ) as copy_number
        from versions
    ) as numbered
    where copy_number = 1 and is_current and not is_deleted and master_record_id is null

),

status_times as (

    select
        lead_id,
        min(case when {{ in_statuses['mql'] }} then changed_at end) as mql_at,
        min(case when {{ in_statuses['sql'] }} then changed_at end) as sql_at
    from versions
    group by lead_id

),

stages as (

    select
        leads.lead_id,
        'mql' as kind,
        {{ 'leads.raw_created_at' if every_lead_is_mql else 'cast(status_times.mql_at as ' ~ dbt.type_string() ~ ')' }}
            as entered_at
    from leads
    left join status_times on leads.lead_id = status_times.lead_id
    where {{ every_lead_is_mql | lower }} or status_times.mql_at is not null

    union all

    select
        leads.lead_id,
        'sql' as kind,
        coalesce(
            cast(
                {{ earlier_of('leads.converted_at', 'status_times.sql_at') }}
                as {{ dbt.type_string() }}
            ),
            leads.raw_converted_at
        ) as entered_at
    from leads
    left join status_times on leads.lead_id = status_times.lead_id
    where leads.is_converted or status_times.sql_at is not null

),

renamed as (

    select
        'salesforce:' || leads.lead_id || ':' || stages.kind as lead_id,
        accounts.account_id,
        leads.email,
        stages.kind,
        stages.entered_at as created_at,
        leads.lead_source,
        coalesce(accounts.company_domain, leads.website, leads.email) as company_domain
    from stages
    inner join leads on stages.lead_id = leads.lead_id
    left join {{ ref('base_salesforce__merges') }} as merged on leads.company_id = merged.merged_id
    left join {{ ref('base_salesforce__accounts') }} as accounts
        on coalesce(merged.canonical_id, leads.company_id) = accounts.company_id

)

{{ contract_leads('renamed') }}
