{#
    Contacts by sales in the plain contract: cast, flagged, copies numbered.

    renamed: the CTE that gives the columns of the contract under their names, in any type.
#}
{% macro contract_touches(renamed) %}
,

typed as (

    select
        {{ blank_as_null('touch_id') }} as touch_id,
        {{ blank_as_null('account_id') }} as account_id,
        {{ blank_as_null('channel') }} as channel,
        {{ blank_as_null('owner') }} as owner,
        {{ blank_as_null('outcome') }} as outcome,
        {{ blank_as_null('company_domain') }} as company_domain,
        {{ safe_cast_to('touched_at', 'timestamp') }} as touched_at,
        cast(touched_at as {{ dbt.type_string() }}) as raw_touched_at
    from {{ renamed }}

),

flagged as (

    select
        *,
        case
            when touch_id is null then 'missing_touch_id'
            when account_id is null and company_domain is null then 'missing_account_id'
            {{ time_problem('touched_at', 'raw_touched_at', 'touched_at') }}
        end as quarantine_reason
    from typed

)

select
    touch_id,
    account_id,
    channel,
    owner,
    outcome,
    company_domain,
    quarantine_reason,
    raw_touched_at,
    case
        when quarantine_reason is null then row_number() over (
            partition by touch_id, quarantine_reason
            order by touched_at, account_id, channel, owner, outcome, company_domain
        )
    end as copy_number,
    cast(touched_at as date) as touched_on,
    touched_at
from flagged
{% endmacro %}
