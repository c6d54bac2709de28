select
    deal_id,
    case
        when is_closed_won = 'True' then 'closed_won'
        when is_closed = 'True' then 'closed_lost'
        else 'open'
    end as deal_pipeline_stage_id,
    amount as property_amount,
    currency as property_deal_currency_code,
    cast(close_date as timestamp) as property_closedate,
    cast(create_date as timestamp) as property_createdate
from read_csv('hubspot_deals.csv', all_varchar = true)
