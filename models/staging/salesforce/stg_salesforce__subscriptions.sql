{{ config(enabled='salesforce' in adapters_of('subscriptions')) }}

{% set is_current %}coalesce({{ safe_cast_to('_fivetran_active', 'boolean') }}, true){% endset %}
-- Won opportunities as subscriptions. One that is open, lost or deleted is none, nor is a past version.
with opportunities as (

    select
        cast(id as {{ dbt.type_string() }}) as opportunity_id,
        {{ blank_as_null('account_id') }} as company_id,
        {{ blank_as_null('currency_iso_code') }} as currency,
        {{ safe_cast_to('amount', 'decimal(18, 4)') }} as amount,
        {{ safe_cast_to('close_date', 'timestamp') }} as closed_at,
        {{ safe_cast_to('created_date', 'timestamp') }} as created_at,
        cast(amount as {{ dbt.type_string() }}) as raw_amount,
        cast(close_date as {{ dbt.type_string() }}) as raw_closed_at
    from {{ newest_rows(from_source('salesforce', 'opportunity'), 'id', is_current) }} as current_rows
    where
        {{ safe_cast_to('is_won', 'boolean') }}
        and not coalesce({{ safe_cast_to('is_deleted', 'boolean') }}, false)

),

renamed as (

    select
        'salesforce:' || opportunities.opportunity_id as subscription_id,
        accounts.account_id,
        cast(null as {{ dbt.type_string() }}) as plan,
        opportunities.currency,
        accounts.company_domain,
        coalesce(
            cast(opportunities.amount / {{ var('pql_crm_deal_months') }} as {{ dbt.type_string() }}),
            opportunities.raw_amount
        ) as mrr_amount,
        -- Anyone may edit the close date: what is won has closed, whatever lies ahead.
        case
            when won.won_at is not null
                then cast({{ earlier_of('opportunities.closed_at', 'won.won_at') }} as {{ dbt.type_string() }})
            else opportunities.raw_closed_at
        end as started_at,
        cast(null as timestamp) as ended_at,
        coalesce(won.won_at, {{ later_of('opportunities.closed_at', 'opportunities.created_at') }}) as recorded_at
    from opportunities
    left join {{ ref('base_salesforce__won_opportunities') }} as won
        on opportunities.opportunity_id = won.opportunity_id
    left join {{ ref('base_salesforce__merges') }} as merged on opportunities.company_id = merged.merged_id
    left join {{ ref('base_salesforce__accounts') }} as accounts
        on coalesce(merged.canonical_id, opportunities.company_id) = accounts.company_id

)

{{ contract_subscriptions('renamed') }}
