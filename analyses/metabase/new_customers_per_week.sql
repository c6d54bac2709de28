-- First paid subscriptions, and how many of these accounts had been qualified before.
with first_qualified as (

    select
        entity_id as account_id,
        min(transitioned_on) as qualified_on
    from {{ ref('fct_pql_transitions') }}
    where entity_type = 'account' and transition = 'qualified'
    group by entity_id

)

select
    date_trunc('week', conversions.converted_on) as week,
    count(*) as customers,
    sum(case when first_qualified.qualified_on < conversions.converted_on then 1 else 0 end)
        as qualified_before
from {{ ref('fct_conversions') }} as conversions
left join first_qualified
    on conversions.account_id = first_qualified.account_id
group by date_trunc('week', conversions.converted_on)
order by week
