-- The way of every account under every active definition, in both histories: since when it is there, when it was
-- activated, when it qualified, was touched by sales, and converted.
with accounts as (

    select
        canonical.account_key,
        accounts.account_id,
        accounts.created_on,
        conversions.converted_on,
        conversions.currency,
        conversions.plan,
        conversions.mrr_amount,
        coalesce(accounts.acquisition_channel, 'unknown') as acquisition_channel
    from {{ ref('dim_accounts') }} as accounts
    inner join {{ ref('int_canonical_accounts') }} as canonical
        on
            accounts.account_id = canonical.account_id
            and not canonical.is_merged
    left join {{ ref('fct_conversions') }} as conversions
        on accounts.account_id = conversions.account_id

),

bases as (

    select 'recomputed' as basis

    union all

    select 'reported' as basis

),

touches as (

    select
        leads.basis,
        leads.definition_key,
        leads.account_key,
        min(touches.touched_at) as first_touched_at
    from {{ ref('int_account_qualifications') }} as leads
    inner join {{ ref('int_account_touches') }} as touches
        on
            leads.account_key = touches.account_key
            and leads.lead_at <= touches.touched_at
    group by leads.basis, leads.definition_key, leads.account_key

)

select
    bases.basis,
    definitions.definition_key,
    accounts.account_id,
    definitions.audience,
    accounts.acquisition_channel,
    accounts.plan as first_paid_plan,
    accounts.currency,
    accounts.mrr_amount,
    leads.qualified_on is not null
    and definitions.audience <> 'customer'
    and coalesce(leads.qualified_on < accounts.converted_on, true) as is_pql,
    accounts.created_on as signed_up_on,
    activations.activated_on,
    leads.qualified_on,
    leads.qualified_at,
    leads.lead_at,
    touches.first_touched_at,
    -- Who pays before anybody has answered was not answered: what follows is another matter.
    case
        when
            accounts.converted_on > leads.qualified_on
            and accounts.converted_on < cast(touches.first_touched_at as date)
            then null
        else touches.first_touched_at
    end as answered_at,
    accounts.converted_on,
    as_of.as_of_on
from accounts
cross join bases
cross join {{ ref('def_definitions') }} as definitions
cross join {{ ref('int_as_of') }} as as_of
left join {{ ref('int_account_activations') }} as activations
    on accounts.account_key = activations.account_key
left join {{ ref('int_account_qualifications') }} as leads
    on
        bases.basis = leads.basis
        and definitions.definition_key = leads.definition_key
        and accounts.account_key = leads.account_key
left join touches
    on
        bases.basis = touches.basis
        and definitions.definition_key = touches.definition_key
        and accounts.account_key = touches.account_key
where definitions.is_active
