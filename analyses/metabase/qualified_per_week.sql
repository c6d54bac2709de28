-- Accounts that qualified each week, for the first time or again, as the definitions as they are now would have said.
select
    date_trunc('week', transitioned_on) as week,
    definition_key,
    count(*) as qualified
from {{ ref('fct_pql_transitions') }}
where entity_type = 'account' and transition in ('qualified', 'requalified')
group by date_trunc('week', transitioned_on), definition_key
order by week, definition_key
