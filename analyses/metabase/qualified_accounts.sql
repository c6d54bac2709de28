-- Who is qualified, why, and what to do next; the most likely to buy first. Without the hold-out of the alerts: who
-- stands in a list is contacted.
select
    scores.definition_key,
    coalesce(accounts.account_name, scores.account_id) as account,
    scores.tier,
    scores.score,
    scores.conversion_probability,
    scores.qualified_on,
    scores.expires_on,
    scores.top_reasons,
    scores.next_best_action
from {{ ref('fct_account_scores') }} as scores
inner join {{ ref('dim_accounts') }} as accounts
    on scores.account_id = accounts.account_id
where scores.is_qualified and not scores.is_held_out
order by
    scores.definition_key asc, scores.conversion_probability desc nulls last, scores.score desc, scores.account_id asc
