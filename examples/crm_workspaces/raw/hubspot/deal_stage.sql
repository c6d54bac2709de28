-- When a deal was won is the day on which it entered that stage, not its close date.
select
    deal_id,
    'closed_won' as value,
    cast(date_entered_closed_won as timestamp) as date_entered
from read_csv('hubspot_deals.csv', all_varchar = true)
where date_entered_closed_won is not null
