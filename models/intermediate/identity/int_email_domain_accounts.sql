{{ config(enabled=var('pql_match_email_domains') or var('pql_business_sources') != ['raw']) }}
-- Users whose e-mail address has the domain of an account, from the day on which both are there. When a second account
-- with the domain is created, it is no longer known whose the users are, until the one is merged into the other.
with spans as (

    select
        listed.domain,
        canonical.canonical_key as account_key,
        greatest({{ identity_known_on('listed.created_on') }}, canonical.valid_from) as valid_from,
        canonical.valid_to
    from {{ ref('int_listed_domains') }} as listed
    inner join {{ ref('int_canonical_account_history') }} as canonical
        on listed.account_key = canonical.account_key
    where {{ is_known_by_as_of('listed.created_on') }}

),

changes as (

    select
        domain,
        valid_from as changed_on
    from spans
    where valid_from < valid_to

    union

    select
        domain,
        valid_to as changed_on
    from spans
    where valid_from < valid_to and valid_to < date '9999-12-31'

),

-- Whose the domain is from each of these days on: nobody's where two have it.
owners as (

    select
        changes.domain,
        changes.changed_on,
        case when min(spans.account_key) = max(spans.account_key) then min(spans.account_key) end as account_key
    from changes
    left join spans
        on
            changes.domain = spans.domain
            and spans.valid_from <= changes.changed_on
            and changes.changed_on < spans.valid_to
    group by changes.domain, changes.changed_on

),

-- Of what changed before the user was there, the last holds from its creation on.
of_users as (

    select
        keys.entity_key as user_key,
        owners.account_key,
        owners.changed_on,
        greatest({{ identity_known_on('users.created_on') }}, owners.changed_on) as known_on
    from {{ ref('int_users') }} as users
    inner join {{ ref('int_domains') }} as domains
        on {{ host_of('users.email') }} = domains.host
    inner join owners
        on domains.domain = owners.domain
    inner join {{ ref('int_entity_keys') }} as keys
        on
            users.user_id = keys.entity_id
            and keys.entity_type = 'user'
    where users.account_id is null and {{ is_known_by_as_of('users.created_on') }}

)

select
    user_key,
    account_key,
    known_on
from (
    select
        *,
        row_number() over (partition by user_key, known_on order by changed_on desc) as recency
    from of_users
) as numbered
where recency = 1
