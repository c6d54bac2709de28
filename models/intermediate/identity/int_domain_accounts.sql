{{ config(enabled=var('pql_match_email_domains') or var('pql_business_sources') != ['raw']) }}
-- The account behind a company domain: the one that is listed with it, else the one whose users have
-- addresses of it. With several it is none; rpt_identity_conflicts lists them.
with claims as (

    select
        domain,
        account_id,
        1 as precedence
    from {{ ref('int_listed_domains') }}

    union distinct

    select
        domains.domain,
        account_keys.entity_id as account_id,
        2 as precedence
    from {{ ref('int_users') }} as users
    cross join {{ ref('int_as_of') }} as as_of
    inner join {{ ref('int_domains') }} as domains
        on {{ host_of('users.email') }} = domains.host
    inner join {{ ref('int_entity_keys') }} as user_keys
        on
            users.user_id = user_keys.entity_id
            and user_keys.entity_type = 'user'
    inner join {{ ref('int_entity_account_history') }} as accounts
        on
            user_keys.entity_key = accounts.entity_key
            and accounts.valid_from <= as_of.as_of_on
            and as_of.as_of_on < accounts.valid_to
    inner join {{ ref('int_entity_keys') }} as account_keys
        on accounts.account_key = account_keys.entity_key
    where not users.is_internal

),

first_claims as (

    select
        domain,
        account_id,
        precedence,
        min(precedence) over (partition by domain) as first_precedence
    from claims

)

select
    domain,
    case when count(*) = 1 then min(account_id) end as account_id,
    count(*) as candidate_count,
    {{ list_text('account_id', ', ', 'account_id') }} as candidates
from first_claims
where precedence = first_precedence
group by domain
