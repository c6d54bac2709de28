{{ config(enabled=var('pql_match_email_domains') or var('pql_business_sources') != ['raw']) }}
-- Which accounts claim a company domain, and on which days that was known: those that are listed with it
-- (`is_listed`), from their creation on, and those that have users with addresses of it, while they have any. What
-- was merged claims for what it has become, from then on. Disjoint for each account.
with claims as (

    select
        domain,
        true as is_listed,
        account_key,
        created_on as known_on,
        date '9999-12-31' as valid_to
    from {{ ref('int_listed_domains') }}

    union all

    select
        domains.domain,
        false as is_listed,
        accounts.account_key,
        greatest(users.created_on, accounts.valid_from) as known_on,
        accounts.valid_to
    from {{ ref('int_users') }} as users
    inner join {{ ref('int_domains') }} as domains
        on {{ host_of('users.email') }} = domains.host
    inner join {{ ref('int_entity_keys') }} as keys
        on
            users.user_id = keys.entity_id
            and keys.entity_type = 'user'
    inner join {{ ref('int_entity_account_history') }} as accounts
        on keys.entity_key = accounts.entity_key
    where not users.is_internal and accounts.account_key is not null

),

known_claims as (

    select
        domain,
        is_listed,
        account_key,
        {{ identity_known_on() }} as valid_from,
        valid_to
    from claims
    where {{ is_known_by_as_of() }}

),

spans as (

    select
        claims.domain,
        claims.is_listed,
        canonical.canonical_key as account_key,
        greatest(claims.valid_from, canonical.valid_from) as valid_from,
        least(claims.valid_to, canonical.valid_to) as valid_to
    from known_claims as claims
    inner join {{ ref('int_canonical_account_history') }} as canonical
        on claims.account_key = canonical.account_key

),

-- How many users, or listed rows, speak for the account begins or ends.
deltas as (

    select
        domain,
        is_listed,
        account_key,
        valid_from as changed_on,
        1 as delta
    from spans
    where valid_from < valid_to

    union all

    select
        domain,
        is_listed,
        account_key,
        valid_to as changed_on,
        -1 as delta
    from spans
    where valid_from < valid_to

),

by_day as (

    select
        domain,
        is_listed,
        account_key,
        changed_on,
        sum(delta) as delta
    from deltas
    group by domain, is_listed, account_key, changed_on

),

held as (

    select
        domain,
        is_listed,
        account_key,
        changed_on,
        delta,
        sum(delta) over (
            partition by domain, is_listed, account_key
            order by changed_on
            rows between unbounded preceding and current row
        ) as speaker_count
    from by_day

),

-- Only where the first one comes or the last one goes.
changes as (

    select
        domain,
        is_listed,
        account_key,
        changed_on as valid_from,
        speaker_count,
        coalesce(
            lead(changed_on) over (partition by domain, is_listed, account_key order by changed_on),
            date '9999-12-31'
        ) as valid_to
    from held
    where (speaker_count > 0) <> (speaker_count - delta > 0)

)

select
    domain,
    is_listed,
    account_key,
    valid_from,
    valid_to
from changes
where speaker_count > 0
