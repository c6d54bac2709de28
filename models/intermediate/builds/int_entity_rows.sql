-- The rows of users, accounts and paid subscriptions as scoring reads them: an entity whose rows differ
-- from those of the last build is scored anew from its first day on.
select
    'user' as row_kind,
    user_id as row_id,
    account_id,
    md5({{ row_text(['account_id', 'is_internal', 'created_on']) }}) as row_hash
from {{ ref('int_users') }}

union all

select
    'account' as row_kind,
    account_id as row_id,
    account_id,
    md5({{ row_text([
        'account_name', 'domain', 'plan', 'acquisition_channel', 'country', 'employee_count',
        'parent_account_id', 'created_on',
    ]) }}) as row_hash
from {{ ref('int_accounts') }}

union all

select
    'subscription' as row_kind,
    subscription_id as row_id,
    account_id,
    md5({{ row_text(['account_id', 'started_on', 'ended_on', 'known_on']) }}) as row_hash
from {{ ref('int_subscriptions_unioned') }}
where quarantine_reason is null and copy_number = 1 and mrr_amount > 0
