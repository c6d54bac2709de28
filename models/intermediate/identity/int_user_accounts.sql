-- The account of each user, by the day of which it is asked (`valid_from`, `valid_to`) and the day on which it
-- is asked (`known_from`, `known_to`): of what is known then, the claim that began last counts, before the
-- first one that one. An event goes to the account that was known when it became known, or else to the first
-- one that became known (`attributable_from`), and stays there.
with ordered as (

    select
        user_key,
        account_key,
        cast(valid_from as date) as began_on,
        known_on,
        row_number() over (
            partition by user_key order by valid_from, is_own, precedence, known_on
        ) as claim_number
    from {{ ref('int_account_claims') }}

),

compared as (

    select
        *,
        lag(account_key) over (partition by user_key order by claim_number) as previous_account_key,
        lag(known_on) over (partition by user_key order by claim_number) as previous_known_on
    from ordered

),

-- A claim to the same account as the one before says nothing new once that one is known.
changes as (

    select
        user_key,
        account_key,
        began_on,
        known_on,
        claim_number
    from compared
    where
        previous_known_on is null
        or previous_known_on > known_on
        or coalesce(account_key, -1) <> coalesce(previous_account_key, -1)

),

superseding as (

    select
        earlier.user_key,
        earlier.claim_number,
        later.began_on,
        min(later.known_on) as known_on
    from changes as earlier
    inner join changes as later
        on
            earlier.user_key = later.user_key
            and earlier.claim_number < later.claim_number
    group by earlier.user_key, earlier.claim_number, later.began_on

),

-- The longer ago the later claims began, the more of them there are that may be known.
superseded as (

    select
        user_key,
        claim_number,
        began_on,
        min(known_on) over (
            partition by user_key, claim_number
            order by began_on
            rows between unbounded preceding and current row
        ) as superseded_on,
        min(known_on) over (
            partition by user_key, claim_number
            order by began_on
            rows between unbounded preceding and 1 preceding
        ) as superseded_before
    from superseding

),

parts as (

    select
        user_key,
        claim_number,
        began_on as valid_from,
        date '9999-12-31' as known_to
    from changes

    union all

    select
        user_key,
        claim_number,
        began_on as valid_from,
        superseded_on as known_to
    from superseded
    where superseded_before is null or superseded_on < superseded_before

),

since_the_claim as (

    select
        *,
        coalesce(
            lead(valid_from) over (
                partition by user_key, claim_number order by valid_from asc, known_to desc
            ),
            date '9999-12-31'
        ) as valid_to
    from parts

),

preceded as (

    select
        later.user_key,
        later.claim_number,
        min(earlier.known_on) as known_on
    from changes as later
    inner join changes as earlier
        on
            later.user_key = earlier.user_key
            and earlier.claim_number < later.claim_number
    group by later.user_key, later.claim_number

),

spans as (

    select
        changes.user_key,
        changes.account_key,
        since_the_claim.valid_from,
        since_the_claim.valid_to,
        changes.known_on as known_from,
        since_the_claim.known_to
    from changes
    inner join since_the_claim
        on
            changes.user_key = since_the_claim.user_key
            and changes.claim_number = since_the_claim.claim_number

    union all

    select
        changes.user_key,
        changes.account_key,
        date '0001-01-01' as valid_from,
        changes.began_on as valid_to,
        changes.known_on as known_from,
        coalesce(preceded.known_on, date '9999-12-31') as known_to
    from changes
    left join preceded
        on
            changes.user_key = preceded.user_key
            and changes.claim_number = preceded.claim_number

)

select
    user_key,
    account_key,
    valid_from,
    valid_to,
    known_from,
    known_to,
    min(known_from) over (partition by user_key) as attributable_from
from spans
where valid_from < valid_to and known_from < known_to
