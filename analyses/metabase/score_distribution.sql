-- Scores of today's audience, to the whole point.
select
    definition_key,
    floor(score) as score,
    count(*) as accounts
from {{ ref('fct_account_scores') }}
where is_in_audience
group by definition_key, floor(score)
order by definition_key, floor(score)
