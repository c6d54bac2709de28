{#
    Identify calls (this anonymous id is this user) in the plain contract: cast, flagged, copies of a row numbered.

    renamed: the CTE that gives the columns of the contract under their names, in any type.
#}
{% macro contract_identifies(renamed) %}
,

typed as (

    select
        {{ blank_as_null('user_id') }} as user_id,
        {{ blank_as_null('anonymous_id') }} as anonymous_id,
        {{ safe_cast_to('identified_at', 'timestamp') }} as identified_at,
        {{ safe_cast_to('received_at', 'timestamp') }} as received_at,
        cast(identified_at as {{ dbt.type_string() }}) as raw_identified_at,
        cast(received_at as {{ dbt.type_string() }}) as raw_received_at
    from {{ renamed }}

),

flagged as (

    select
        *,
        case
            when user_id is null then 'missing_user_id'
            when anonymous_id is null then 'missing_anonymous_id'
            {{ time_problem('identified_at', 'raw_identified_at', 'identified_at') }}
            {{ time_problem('received_at', 'raw_received_at', 'received_at', required=false) }}
        end as quarantine_reason
    from typed

)

select
    user_id,
    anonymous_id,
    quarantine_reason,
    raw_identified_at,
    case
        when quarantine_reason is null then row_number() over (
            partition by quarantine_reason, user_id, anonymous_id, identified_at
            order by coalesce(received_at, identified_at)
        )
    end as copy_number,
    identified_at,
    {{ known_day('identified_at', 'coalesce(received_at, identified_at)') }} as known_on
from flagged
{% endmacro %}
