{{ config(enabled='salesforce' in var('pql_business_sources')) }}

-- Contacts and leads by whom a task or a meeting may be with.
with people as (

    select
        cast(id as {{ dbt.type_string() }}) as person_id,
        {{ blank_as_null('account_id') }} as company_id,
        {{ blank_as_null('email') }} as email,
        coalesce({{ safe_cast_to('_fivetran_active', 'boolean') }}, true) as is_current,
        coalesce(cast(_fivetran_synced as {{ dbt.type_string() }}), '') as synced_at
    from {{ from_source('salesforce', 'contact') }}

    union all

    select
        cast(id as {{ dbt.type_string() }}) as person_id,
        {{ blank_as_null('converted_account_id') }} as company_id,
        {{ blank_as_null('email') }} as email,
        coalesce({{ safe_cast_to('_fivetran_active', 'boolean') }}, true) as is_current,
        coalesce(cast(_fivetran_synced as {{ dbt.type_string() }}), '') as synced_at
    from {{ from_source('salesforce', 'lead') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by person_id
            order by is_current desc, synced_at desc, company_id asc, email asc
        ) as copy_number
    from people

)

select
    person_id,
    company_id,
    email
from numbered
where copy_number = 1
