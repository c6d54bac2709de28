{{ config(enabled='hubspot' in var('pql_business_sources')) }}

with renamed as (

    select
        'hubspot:' || companies.company_id as company_id,
        companies.account_id,
        'hubspot:' || coalesce(merged.canonical_id, companies.parent_company_id) as parent_company_id,
        companies.company_name,
        companies.company_domain,
        companies.country,
        owners.owner_name as owner,
        companies.employee_count,
        companies.created_at
    from {{ ref('base_hubspot__companies') }} as companies
    left join {{ ref('base_hubspot__merges') }} as merged
        on merged.object_type = 'company' and companies.parent_company_id = merged.merged_id
    left join {{ ref('base_hubspot__owners') }} as owners on companies.owner_id = owners.owner_id
    -- A deleted company is none any more; its deals stay, since they were won.
    where not companies.is_deleted

)

{{ contract_companies('renamed') }}
