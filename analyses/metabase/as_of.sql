-- The day up to which everything is known.
select max(as_of_on) as as_of_on
from {{ ref('fct_account_scores') }}
