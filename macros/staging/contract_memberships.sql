{#
    Memberships (this user belongs to this account) in the plain contract: cast, flagged, copies of a row numbered.

    renamed: the CTE that gives the columns of the contract under their names, in any type.
#}
{% macro contract_memberships(renamed) %}
,

typed as (

    select
        {{ blank_as_null('user_id') }} as user_id,
        {{ blank_as_null('account_id') }} as account_id,
        {{ safe_cast_to('valid_from', 'timestamp') }} as valid_from,
        {{ safe_cast_to('recorded_at', 'timestamp') }} as recorded_at,
        {{ safe_cast_to('valid_to', 'timestamp') }} as valid_to,
        cast(valid_to as {{ dbt.type_string() }}) as raw_valid_to,
        cast(valid_from as {{ dbt.type_string() }}) as raw_valid_from,
        cast(recorded_at as {{ dbt.type_string() }}) as raw_recorded_at
    from {{ renamed }}

),

flagged as (

    select
        *,
        case
            when user_id is null then 'missing_user_id'
            when account_id is null then 'missing_account_id'
            {{ time_problem('valid_to', 'raw_valid_to', 'valid_to', required=false, may_lie_ahead=true) }}
            {{ time_problem('valid_from', 'raw_valid_from', 'valid_from') }}
            {{ time_problem('recorded_at', 'raw_recorded_at', 'recorded_at', required=false) }}
        end as quarantine_reason
    from typed

)

select
    user_id,
    account_id,
    quarantine_reason,
    raw_valid_from,
    case
        when quarantine_reason is null then row_number() over (
            partition by quarantine_reason, user_id, account_id, valid_from, valid_to
            order by coalesce(recorded_at, valid_from)
        )
    end as copy_number,
    valid_from,
    valid_to,
    {{ known_day('valid_from', 'coalesce(recorded_at, valid_from)') }} as known_on
from flagged
{% endmacro %}
