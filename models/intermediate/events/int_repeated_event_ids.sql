-- Ids that more than one raw row carries: the candidates for duplicates.
select event_id
from {{ ref('stg_raw__events') }}
where event_id is not null
group by event_id
having count(*) > 1
