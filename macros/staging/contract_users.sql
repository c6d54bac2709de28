{#
    Users in the plain contract: cast, flagged, copies numbered.

    renamed: the CTE that gives the columns of the contract under their names, in any type.
#}
{% macro contract_users(renamed) %}
,

typed as (

    select
        {{ blank_as_null('user_id') }} as user_id,
        {{ blank_as_null('account_id') }} as account_id,
        {{ blank_as_null('email') }} as email,
        {{ safe_cast_to('is_internal', 'boolean') }} as is_internal,
        {{ safe_cast_to('created_at', 'timestamp') }} as created_at,
        cast(is_internal as {{ dbt.type_string() }}) as raw_is_internal,
        cast(created_at as {{ dbt.type_string() }}) as raw_created_at
    from {{ renamed }}

),

flagged as (

    select
        *,
        case
            when user_id is null then 'missing_user_id'
            {{ time_problem('created_at', 'raw_created_at', 'created_at') }}
            when is_internal is null and trim(raw_is_internal) <> '' then 'unreadable_is_internal'
        end as quarantine_reason
    from typed

)

select
    user_id,
    account_id,
    email,
    quarantine_reason,
    raw_created_at,
    coalesce(is_internal, false) as is_internal,
    case
        when quarantine_reason is null then row_number() over (
            partition by user_id, quarantine_reason
            order by created_at, account_id, email, is_internal
        )
    end as copy_number,
    cast(created_at as date) as created_on,
    created_at
from flagged
{% endmacro %}
