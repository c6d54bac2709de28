{{ config(enabled='salesforce' in var('pql_business_sources')) }}

-- Accounts; with history mode, one that has no current version any more is as it was last.
with accounts as (

    select
        {{ blank_as_null('id') }} as company_id,
        {{ blank_as_null('pql_account_id_c') }} as account_id,
        {{ blank_as_null('parent_id') }} as parent_company_id,
        {{ blank_as_null('master_record_id') }} as master_record_id,
        {{ blank_as_null('name') }} as company_name,
        {{ blank_as_null('website') }} as company_domain,
        {{ blank_as_null('billing_country') }} as country,
        {{ blank_as_null('owner_id') }} as owner_id,
        number_of_employees as employee_count,
        created_date as created_at,
        coalesce({{ safe_cast_to('is_deleted', 'boolean') }}, false) as is_deleted,
        coalesce({{ safe_cast_to('_fivetran_active', 'boolean') }}, true) as is_current,
        coalesce(
            cast(_fivetran_start as {{ dbt.type_string() }}), cast(_fivetran_synced as {{ dbt.type_string() }})
        ) as version_from
    from {{ from_source('salesforce', 'account') }}

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
                    is_current desc,
                    coalesce(version_from, '') desc,
                    is_deleted asc,
                    account_id asc,
                    company_domain asc
            ) as copy_number
        from accounts
    ) as numbered
    where copy_number = 1 or company_id is null

)

select
    company_id,
    account_id,
    parent_company_id,
    master_record_id,
    company_name,
    company_domain,
    country,
    owner_id,
    employee_count,
    is_deleted,
    is_current,
    created_at
from newest
