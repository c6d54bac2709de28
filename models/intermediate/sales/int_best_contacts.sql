-- The person of each account to speak to.
select
    account_id,
    user_id
from {{ ref('int_contacts') }}
where contact_rank = 1
