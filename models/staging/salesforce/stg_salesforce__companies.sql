{{ config(enabled='salesforce' in var('pql_business_sources')) }}

with users as (

    select
        cast(id as {{ dbt.type_string() }}) as user_id,
        max(coalesce({{ blank_as_null('email') }}, {{ blank_as_null('name') }})) as user_name
    from {{ from_source('salesforce', 'user') }}
    group by cast(id as {{ dbt.type_string() }})

),

renamed as (

    select
        'salesforce:' || accounts.company_id as company_id,
        accounts.account_id,
        'salesforce:' || coalesce(merged.canonical_id, accounts.parent_company_id) as parent_company_id,
        accounts.company_name,
        accounts.company_domain,
        accounts.country,
        users.user_name as owner,
        accounts.employee_count,
        accounts.created_at
    from {{ ref('base_salesforce__accounts') }} as accounts
    left join {{ ref('base_salesforce__merges') }} as merged on accounts.parent_company_id = merged.merged_id
    left join users on accounts.owner_id = users.user_id
    -- Past versions, deleted accounts and those merged into another one are no companies of their own.
    where accounts.is_current and not accounts.is_deleted and accounts.master_record_id is null

)

{{ contract_companies('renamed') }}
