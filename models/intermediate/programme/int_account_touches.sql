-- The contacts of sales up to the as-of day. Those of an account that was merged are those of what it has become;
-- those of an account that nothing else knows are no contacts of anybody.
select
    touches.touch_id,
    accounts.canonical_key as account_key,
    accounts.canonical_id as account_id,
    touches.touched_on,
    touches.touched_at
from {{ ref('int_touches_unioned') }} as touches
inner join {{ ref('int_as_of') }} as as_of
    on touches.touched_on <= as_of.as_of_on
inner join {{ ref('int_canonical_accounts') }} as accounts
    on touches.account_id = accounts.account_id
where touches.quarantine_reason is null and touches.copy_number = 1
