{#
    Accounts in the plain contract: cast, flagged, copies numbered.

    renamed: the CTE that gives the columns of the contract under their names, in any type.
#}
{% macro contract_accounts(renamed) %}
,

typed as (

    select
        {{ blank_as_null('account_id') }} as account_id,
        {{ blank_as_null('parent_account_id') }} as parent_account_id,
        {{ blank_as_null('account_name') }} as account_name,
        {{ blank_as_null('domain') }} as domain,
        {{ blank_as_null('plan') }} as plan,
        {{ blank_as_null('acquisition_channel') }} as acquisition_channel,
        {{ blank_as_null('country') }} as country,
        {{ safe_cast_to('employee_count', 'bigint') }} as employee_count,
        {{ safe_cast_to('created_at', 'timestamp') }} as created_at,
        cast(created_at as {{ dbt.type_string() }}) as raw_created_at
    from {{ renamed }}

),

flagged as (

    select
        *,
        case
            when account_id is null then 'missing_account_id'
            {{ time_problem('created_at', 'raw_created_at', 'created_at') }}
        end as quarantine_reason
    from typed

)

select
    account_id,
    parent_account_id,
    account_name,
    domain,
    plan,
    acquisition_channel,
    country,
    quarantine_reason,
    raw_created_at,
    employee_count,
    case
        when quarantine_reason is null then row_number() over (
            partition by account_id, quarantine_reason
            order by
                created_at, account_name, domain, plan, acquisition_channel, country, employee_count,
                parent_account_id
        )
    end as copy_number,
    cast(created_at as date) as created_on,
    created_at
from flagged
{% endmacro %}
