-- Every account that has ever paid, and whether it does on the as-of day.
select
    conversions.account_id,
    case when customers.account_id is not null then 'customer' else 'former_customer' end as lifecycle_stage,
    conversions.converted_on
from {{ ref('fct_conversions') }} as conversions
cross join {{ ref('int_as_of') }} as as_of
left join {{ ref('int_customer_periods') }} as customers
    on
        conversions.account_id = customers.account_id
        and customers.valid_from <= as_of.as_of_on
        and as_of.as_of_on < customers.valid_to
