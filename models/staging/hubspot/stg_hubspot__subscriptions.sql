{{ config(enabled='hubspot' in adapters_of('subscriptions')) }}

-- Won deals as subscriptions.
with deal_companies as (

    select
        cast(links.deal_id as {{ dbt.type_string() }}) as deal_id,
        coalesce(merged.canonical_id, cast(links.company_id as {{ dbt.type_string() }})) as company_id,
        row_number() over (
            partition by links.deal_id
            -- The primary company first, else the one created first: ids are numbers that grow.
            order by
                -- The numbers of a portal's own kinds of association begin anew.
                case
                    when
                        cast(links.type_id as {{ dbt.type_string() }}) = '5'
                        and coalesce(upper({{ blank_as_null('links.category') }}), 'HUBSPOT_DEFINED')
                        = 'HUBSPOT_DEFINED'
                        then 0
                    else 1
                end,
                {{ safe_cast_to('links.company_id', 'bigint') }},
                links.company_id
        ) as company_number
    from {{ from_source('hubspot', 'deal_company') }} as links
    left join {{ ref('base_hubspot__merges') }} as merged
        on merged.object_type = 'company' and cast(links.company_id as {{ dbt.type_string() }}) = merged.merged_id

),

deal_contacts as (

    select
        cast(links.deal_id as {{ dbt.type_string() }}) as deal_id,
        min(contacts.account_id) as account_id,
        min(contacts.company_domain) as company_domain
    from {{ from_source('hubspot', 'deal_contact') }} as links
    left join {{ ref('base_hubspot__merges') }} as merged
        on merged.object_type = 'contact' and cast(links.contact_id as {{ dbt.type_string() }}) = merged.merged_id
    inner join {{ ref('base_hubspot__contacts') }} as contacts
        on
            coalesce(merged.canonical_id, cast(links.contact_id as {{ dbt.type_string() }})) = contacts.contact_id
    group by cast(links.deal_id as {{ dbt.type_string() }})

),

deals as (

    select
        won_deals.deal_id,
        won_deals.won_at,
        {{ blank_as_null('deals.property_pql_account_id') }} as account_id,
        {{ blank_as_null('deals.property_deal_currency_code') }} as currency,
        {{ safe_cast_to('deals.property_amount', 'decimal(18, 4)') }} as amount,
        {{ safe_cast_to('deals.property_hs_mrr', 'decimal(18, 4)') }} as mrr_amount,
        {{ safe_cast_to('deals.property_closedate', 'timestamp') }} as closed_at,
        {{ safe_cast_to('deals.property_createdate', 'timestamp') }} as created_at,
        cast(deals.property_amount as {{ dbt.type_string() }}) as raw_amount,
        cast(deals.property_closedate as {{ dbt.type_string() }}) as raw_closed_at
    from {{ newest_rows(from_source('hubspot', 'deal'), 'deal_id') }} as deals
    inner join {{ ref('base_hubspot__won_deals') }} as won_deals
        on cast(deals.deal_id as {{ dbt.type_string() }}) = won_deals.deal_id

),

renamed as (

    select
        'hubspot:' || deals.deal_id as subscription_id,
        coalesce(deals.account_id, companies.account_id, deal_contacts.account_id) as account_id,
        cast(null as {{ dbt.type_string() }}) as plan,
        deals.currency,
        coalesce(companies.company_domain, deal_contacts.company_domain) as company_domain,
        coalesce(
            case when deals.mrr_amount > 0 then cast(deals.mrr_amount as {{ dbt.type_string() }}) end,
            cast(deals.amount / {{ var('pql_crm_deal_months') }} as {{ dbt.type_string() }}),
            deals.raw_amount
        ) as mrr_amount,
        -- Anyone may edit the close date: a deal that is won has closed, whatever lies ahead.
        case
            when deals.won_at is not null
                then cast({{ earlier_of('deals.closed_at', 'deals.won_at') }} as {{ dbt.type_string() }})
            else deals.raw_closed_at
        end as started_at,
        cast(null as timestamp) as ended_at,
        coalesce(deals.won_at, {{ later_of('deals.closed_at', 'deals.created_at') }}) as recorded_at
    from deals
    left join deal_companies on deals.deal_id = deal_companies.deal_id and deal_companies.company_number = 1
    left join {{ ref('base_hubspot__companies') }} as companies
        on deal_companies.company_id = companies.company_id
    left join deal_contacts on deals.deal_id = deal_contacts.deal_id

)

{{ contract_subscriptions('renamed') }}
