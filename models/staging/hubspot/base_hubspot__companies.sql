{{ config(enabled='hubspot' in var('pql_business_sources')) }}

-- Companies that stand for themselves: what was merged away is another one's.
with companies as (

    select
        {{ blank_as_null('id') }} as company_id,
        {{ blank_as_null('property_pql_account_id') }} as account_id,
        {{ blank_as_null('property_hs_parent_company_id') }} as parent_company_id,
        {{ blank_as_null('property_name') }} as company_name,
        coalesce({{ blank_as_null('property_domain') }}, {{ blank_as_null('property_website') }}) as company_domain,
        {{ blank_as_null('property_country') }} as country,
        {{ blank_as_null('property_hubspot_owner_id') }} as owner_id,
        property_numberofemployees as employee_count,
        property_createdate as created_at,
        coalesce({{ safe_cast_to('is_deleted', 'boolean') }}, false)
        or coalesce({{ safe_cast_to('_fivetran_deleted', 'boolean') }}, false) as is_deleted,
        cast(_fivetran_synced as {{ dbt.type_string() }}) as synced_at
    from {{ from_source('hubspot', 'company') }}

),

-- One row for each, as it was written last; without an id there is no telling.
newest as (

    select *
    from (
        select
            *,
            row_number() over (
                partition by company_id
                order by
                    coalesce(synced_at, '') desc,
                    is_deleted asc,
                    account_id asc,
                    company_domain asc
            ) as copy_number
        from companies
    ) as numbered
    where copy_number = 1 or company_id is null

)

select
    companies.company_id,
    companies.account_id,
    companies.parent_company_id,
    companies.company_name,
    companies.company_domain,
    companies.country,
    companies.owner_id,
    companies.employee_count,
    companies.is_deleted,
    companies.created_at
from newest as companies
left join {{ ref('base_hubspot__merges') }} as merged
    on merged.object_type = 'company' and companies.company_id = merged.merged_id
where merged.merged_id is null
