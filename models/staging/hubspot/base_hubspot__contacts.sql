{{ config(enabled='hubspot' in var('pql_business_sources')) }}

-- Contacts that stand for themselves, with the account or the address of their company.
with contacts as (

    select
        {{ blank_as_null('id') }} as contact_id,
        {{ blank_as_null('property_pql_account_id') }} as account_id,
        {{ blank_as_null('property_email') }} as email,
        {{ blank_as_null('property_associatedcompanyid') }} as company_id,
        lower({{ blank_as_null('property_lifecyclestage') }}) as lifecycle_stage,
        {{ blank_as_null('property_hs_analytics_source') }} as lead_source,
        coalesce({{ safe_cast_to('is_deleted', 'boolean') }}, false)
        or coalesce({{ safe_cast_to('_fivetran_deleted', 'boolean') }}, false) as is_deleted,
        cast(_fivetran_synced as {{ dbt.type_string() }}) as synced_at
    from {{ from_source('hubspot', 'contact') }}

),

-- One row for each, as it was written last; without an id there is no telling.
newest as (

    select *
    from (
        select
            *,
            row_number() over (
                partition by contact_id
                order by
                    coalesce(synced_at, '') desc,
                    is_deleted asc,
                    email asc,
                    company_id asc
            ) as copy_number
        from contacts
    ) as numbered
    where copy_number = 1 or contact_id is null

)

select
    contacts.contact_id,
    coalesce(contacts.account_id, companies.account_id) as account_id,
    contacts.email,
    contacts.lifecycle_stage,
    contacts.lead_source,
    coalesce(companies.company_domain, contacts.email) as company_domain,
    contacts.is_deleted
from newest as contacts
left join {{ ref('base_hubspot__merges') }} as merged
    on merged.object_type = 'contact' and contacts.contact_id = merged.merged_id
left join {{ ref('base_hubspot__merges') }} as company_merges
    on company_merges.object_type = 'company' and contacts.company_id = company_merges.merged_id
left join {{ ref('base_hubspot__companies') }} as companies
    on coalesce(company_merges.canonical_id, contacts.company_id) = companies.company_id
where merged.merged_id is null
