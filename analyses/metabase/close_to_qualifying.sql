-- Prospects who need one more step: the fewest points missing first.
select
    scores.definition_key,
    coalesce(accounts.account_name, scores.account_id) as account,
    scores.score,
    scores.points_to_threshold,
    scores.next_best_action,
    accounts.last_active_on
from {{ ref('fct_account_scores') }} as scores
inner join {{ ref('dim_accounts') }} as accounts
    on scores.account_id = accounts.account_id
where
    scores.is_in_audience
    and not scores.is_qualified
    and scores.points_to_threshold > 0
    and scores.next_best_action is not null
order by scores.points_to_threshold asc, accounts.last_active_on desc, scores.account_id asc
limit 50
