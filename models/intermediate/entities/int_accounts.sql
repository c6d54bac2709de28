-- The usable accounts, each once.
select
    account_id,
    parent_account_id,
    account_name,
    domain,
    plan,
    acquisition_channel,
    country,
    employee_count,
    created_on,
    created_at
from {{ ref('int_accounts_unioned') }}
where quarantine_reason is null and copy_number = 1
