{#
    Companies as a CRM or a billing system knows them: cast, flagged, copies numbered. `account_id` is the
    account of the product where the system carries it; else `company_domain` (a domain, a web or an e-mail
    address) decides which account it is.

    renamed: the CTE that gives the columns under their names, in any type.
#}
{% macro contract_companies(renamed) %}
,

typed as (

    select
        {{ blank_as_null('company_id') }} as company_id,
        {{ blank_as_null('account_id') }} as account_id,
        {{ blank_as_null('parent_company_id') }} as parent_company_id,
        {{ blank_as_null('company_name') }} as company_name,
        {{ blank_as_null('company_domain') }} as company_domain,
        {{ blank_as_null('country') }} as country,
        {{ blank_as_null('owner') }} as owner,
        {{ safe_cast_to('employee_count', 'bigint') }} as employee_count,
        {{ safe_cast_to('created_at', 'timestamp') }} as created_at,
        cast(created_at as {{ dbt.type_string() }}) as raw_created_at
    from {{ renamed }}

),

flagged as (

    select
        *,
        case
            when company_id is null then 'missing_company_id'
            {{ time_problem('created_at', 'raw_created_at', 'created_at', required=false) }}
        end as quarantine_reason
    from typed

)

select
    company_id,
    account_id,
    parent_company_id,
    company_name,
    company_domain,
    country,
    owner,
    quarantine_reason,
    raw_created_at,
    employee_count,
    case
        when quarantine_reason is null then row_number() over (
            partition by company_id, quarantine_reason
            order by
                created_at desc, account_id, company_name, company_domain, country, owner, employee_count,
                parent_company_id
        )
    end as copy_number,
    cast(created_at as date) as created_on,
    created_at
from flagged
{% endmacro %}
