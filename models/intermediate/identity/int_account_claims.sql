-- What says which account a user belongs to, since when, and from which day on it is known. The listed
-- account of a user (table `users`) holds since ever and was always known; a membership from when it begins;
-- at its end the user belongs to no account. Of what begins at the same time, a claim of higher precedence counts, and
-- of those the one that became known last.
with claims as (

    select
        user_keys.entity_key as user_key,
        account_keys.entity_key as account_key,
        1 as precedence,
        timestamp '0001-01-01 00:00:00' as valid_from,
        date '0001-01-01' as known_on
    from {{ ref('int_users') }} as users
    inner join {{ ref('int_entity_keys') }} as user_keys
        on
            users.user_id = user_keys.entity_id
            and user_keys.entity_type = 'user'
    inner join {{ ref('int_entity_keys') }} as account_keys
        on
            users.account_id = account_keys.entity_id
            and account_keys.entity_type = 'account'

    union all

    select
        user_keys.entity_key as user_key,
        cast(null as integer) as account_key,
        2 as precedence,
        memberships.valid_to as valid_from,
        memberships.known_on
    from {{ ref('int_memberships') }} as memberships
    inner join {{ ref('int_entity_keys') }} as user_keys
        on
            memberships.user_id = user_keys.entity_id
            and user_keys.entity_type = 'user'
    where memberships.valid_to is not null

    union all

    select
        user_keys.entity_key as user_key,
        account_keys.entity_key as account_key,
        3 as precedence,
        memberships.valid_from,
        memberships.known_on
    from {{ ref('int_memberships') }} as memberships
    inner join {{ ref('int_entity_keys') }} as user_keys
        on
            memberships.user_id = user_keys.entity_id
            and user_keys.entity_type = 'user'
    inner join {{ ref('int_entity_keys') }} as account_keys
        on
            memberships.account_id = account_keys.entity_id
            and account_keys.entity_type = 'account'

    {% if var('pql_match_email_domains') %}
    union all

    select
        user_key,
        account_key,
        0 as precedence,
        timestamp '0001-01-01 00:00:00' as valid_from,
        known_on
    from {{ ref('int_email_domain_accounts') }}
    {% endif %}

),

-- A user that was merged into another belongs to its accounts as well, unless it has one of its own.
of_merged_users as (

    select
        user_key,
        account_key,
        true as is_own,
        precedence,
        valid_from,
        known_on as claimed_on,
        known_on
    from claims

    union all

    select
        mergers.merged_key as user_key,
        claims.account_key,
        false as is_own,
        claims.precedence,
        claims.valid_from,
        claims.known_on as claimed_on,
        greatest(claims.known_on, mergers.known_on) as known_on
    from claims
    inner join {{ ref('int_merges') }} as mergers
        on claims.user_key = mergers.canonical_key

),

-- Who belongs to an account that was merged belongs to what it has become. Domains follow merges by themselves.
of_merged_accounts as (

    select
        user_key,
        account_key,
        is_own,
        precedence,
        valid_from,
        claimed_on,
        known_on
    from of_merged_users

    union all

    select
        claims.user_key,
        mergers.canonical_key as account_key,
        claims.is_own,
        3 + mergers.step_count as precedence,
        claims.valid_from,
        claims.claimed_on,
        greatest(claims.known_on, mergers.known_on) as known_on
    from of_merged_users as claims
    inner join {{ ref('int_merges') }} as mergers
        on claims.account_key = mergers.merged_key
    where claims.precedence > 0

),

-- What was claimed before a merge of the user became known is known with it; the last of it counts.
ranked as (

    select
        *,
        rank() over (
            partition by user_key, is_own, precedence, valid_from, known_on
            order by claimed_on desc
        ) as recency
    from of_merged_accounts

)

-- Two accounts that begin at the same time and are known since the same day: not guessed.
select
    user_key,
    case when count(*) = count(account_key) and min(account_key) = max(account_key) then min(account_key) end
        as account_key,
    is_own,
    precedence,
    valid_from,
    known_on
from ranked
where recency = 1
group by user_key, is_own, precedence, valid_from, known_on
