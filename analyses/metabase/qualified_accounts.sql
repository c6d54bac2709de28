-- Who is qualified, why, and what to do next; the most likely to buy first. Without the hold-out of the alerts: who
-- stands in a list is contacted.
with held_out as (

    -- As the latest alert of each says.
    select
        entity_id,
        definition_key
    from {{ ref('fct_pql_alerts') }}
    where entity_type = 'account'
    group by entity_id, definition_key
    having max(case when is_held_out then report_number else 0 end) = max(report_number)

)

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
left join held_out
    on
        scores.account_id = held_out.entity_id
        and scores.definition_key = held_out.definition_key
where scores.is_qualified and held_out.entity_id is null
order by
    scores.definition_key asc, scores.conversion_probability desc nulls last, scores.score desc, scores.account_id asc
