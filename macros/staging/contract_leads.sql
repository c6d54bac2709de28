{#
    Leads in the plain contract: cast, flagged, copies numbered.

    renamed: the CTE that gives the columns of the contract under their names, in any type.
#}
{% macro contract_leads(renamed) %}
,

typed as (

    select
        {{ blank_as_null('lead_id') }} as lead_id,
        {{ blank_as_null('account_id') }} as account_id,
        {{ blank_as_null('email') }} as email,
        lower({{ blank_as_null('kind') }}) as kind,
        {{ blank_as_null('lead_source') }} as lead_source,
        {{ blank_as_null('company_domain') }} as company_domain,
        {{ safe_cast_to('created_at', 'timestamp') }} as created_at,
        cast(created_at as {{ dbt.type_string() }}) as raw_created_at
    from {{ renamed }}

),

flagged as (

    select
        *,
        case
            when lead_id is null then 'missing_lead_id'
            when kind is null then 'missing_kind'
            when kind not in ('mql', 'sql') then 'unknown_kind'
            {{ time_problem('created_at', 'raw_created_at', 'created_at') }}
        end as quarantine_reason
    from typed

)

select
    lead_id,
    account_id,
    email,
    kind,
    lead_source,
    company_domain,
    quarantine_reason,
    raw_created_at,
    case
        when quarantine_reason is null then row_number() over (
            partition by lead_id, quarantine_reason
            order by created_at, kind, account_id, email, lead_source, company_domain
        )
    end as copy_number,
    cast(created_at as date) as created_on,
    created_at
from flagged
{% endmacro %}
