-- Prospects who need one more step, the 25 of each definition that are nearest to it. Points of different definitions
-- are no common measure: what is compared is the share of the threshold that is missing.
with ranked as (

    select
        scores.definition_key,
        scores.account_id,
        coalesce(accounts.account_name, scores.account_id) as account,
        scores.score,
        scores.points_to_threshold,
        cast(scores.points_to_threshold as double precision) / nullif(scores.score + scores.points_to_threshold, 0)
            as share_missing,
        scores.next_best_action,
        accounts.last_active_on,
        row_number() over (
            partition by scores.definition_key
            order by scores.points_to_threshold asc, accounts.last_active_on desc nulls last, scores.account_id asc
        ) as nearness
    from {{ ref('fct_account_scores') }} as scores
    inner join {{ ref('dim_accounts') }} as accounts
        on scores.account_id = accounts.account_id
    where
        scores.is_in_audience
        and not scores.is_qualified
        and scores.points_to_threshold > 0
        and scores.next_best_action is not null
        and accounts.lifecycle_stage in ('active_prospect', 'signed_up')

)

select
    definition_key,
    account,
    score,
    points_to_threshold,
    share_missing,
    next_best_action,
    last_active_on
from ranked
where nearness <= 25
order by share_missing asc nulls last, last_active_on desc nulls last, definition_key asc, account_id asc
