{#
    Subscriptions in the plain contract: cast, flagged, copies numbered.

    renamed: the CTE that gives the columns of the contract under their names, in any type.
#}
{% macro contract_subscriptions(renamed) %}
,

typed as (

    select
        {{ blank_as_null('subscription_id') }} as subscription_id,
        {{ blank_as_null('account_id') }} as account_id,
        {{ blank_as_null('plan') }} as plan,
        -- Written in another case it is no other currency.
        upper({{ blank_as_null('currency') }}) as currency,
        {{ blank_as_null('company_domain') }} as company_domain,
        {{ safe_cast_to('mrr_amount', 'decimal(18, 4)') }} as mrr_amount,
        {{ safe_cast_to('started_at', 'timestamp') }} as started_at,
        {{ safe_cast_to('ended_at', 'timestamp') }} as ended_at,
        {{ safe_cast_to('recorded_at', 'timestamp') }} as recorded_at,
        cast(mrr_amount as {{ dbt.type_string() }}) as raw_mrr_amount,
        cast(started_at as {{ dbt.type_string() }}) as raw_started_at,
        cast(ended_at as {{ dbt.type_string() }}) as raw_ended_at,
        cast(recorded_at as {{ dbt.type_string() }}) as raw_recorded_at
    from {{ renamed }}

),

flagged as (

    select
        *,
        case
            when subscription_id is null then 'missing_subscription_id'
            when account_id is null and company_domain is null then 'missing_account_id'
            when {{ blank_as_null('raw_mrr_amount') }} is null then 'missing_mrr_amount'
            when mrr_amount is null then 'unreadable_mrr_amount'
            {{ time_problem('started_at', 'raw_started_at', 'started_at') }}
            {{ time_problem('ended_at', 'raw_ended_at', 'ended_at', required=false, may_lie_ahead=true) }}
            {{ time_problem('recorded_at', 'raw_recorded_at', 'recorded_at', required=false) }}
        end as quarantine_reason,
        case
            when recorded_at > started_at then cast(recorded_at as date)
            else cast(started_at as date)
        end as known_on
    from typed

)

select
    subscription_id,
    account_id,
    plan,
    currency,
    company_domain,
    quarantine_reason,
    raw_started_at,
    mrr_amount,
    case
        when quarantine_reason is null then row_number() over (
            partition by subscription_id, quarantine_reason
            order by started_at, known_on, account_id, mrr_amount, plan, currency, ended_at, company_domain
        )
    end as copy_number,
    cast(started_at as date) as started_on,
    cast(ended_at as date) as ended_on,
    known_on,
    started_at,
    ended_at,
    recorded_at
from flagged
{% endmacro %}
