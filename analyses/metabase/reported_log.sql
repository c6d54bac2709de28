-- What each run first said; never changed afterwards.
select
    reported.as_of_on as reported_on,
    reported.definition_key,
    reported.entity_type,
    coalesce(accounts.account_name, reported.entity_id) as entity,
    reported.transition,
    reported.score,
    reported.transitioned_on,
    reported.ended_by
from {{ ref('fct_pql_reported') }} as reported
left join {{ ref('dim_accounts') }} as accounts
    on reported.entity_type = 'account' and reported.entity_id = accounts.account_id
order by reported.as_of_on desc, reported.definition_key asc, reported.entity_id asc, reported.report_number asc
limit 500
