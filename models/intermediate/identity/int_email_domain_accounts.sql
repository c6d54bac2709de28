{{ config(enabled=var('pql_match_email_domains') or var('pql_business_sources') != ['raw']) }}
-- Users whose e-mail address has the domain of an account, from the day on which both are there. When a
-- second account with the domain is created, it is no longer known whose the users are.
with candidates as (

    select
        user_keys.entity_key as user_key,
        account_keys.entity_key as account_key,
        greatest(users.created_on, listed.created_on) as known_on
    from {{ ref('int_users') }} as users
    inner join {{ ref('int_domains') }} as domains
        on {{ host_of('users.email') }} = domains.host
    inner join {{ ref('int_listed_domains') }} as listed
        on domains.domain = listed.domain
    inner join {{ ref('int_entity_keys') }} as user_keys
        on
            users.user_id = user_keys.entity_id
            and user_keys.entity_type = 'user'
    inner join {{ ref('int_entity_keys') }} as account_keys
        on
            listed.account_id = account_keys.entity_id
            and account_keys.entity_type = 'account'
    where users.account_id is null

),

visible as (

    select
        user_key,
        account_key,
        {{ identity_known_on() }} as known_on,
        row_number() over (partition by user_key order by known_on, account_key) as candidate_number,
        lead(known_on) over (partition by user_key order by known_on, account_key) as next_known_on
    from candidates
    {% if var('pql_as_of') is not none %}
    where known_on <= cast({{ string_literal(var('pql_as_of')) }} as date)
    {% endif %}

)

select
    user_key,
    account_key,
    known_on
from visible
where candidate_number = 1 and (next_known_on is null or next_known_on > known_on)

union all

select
    user_key,
    cast(null as integer) as account_key,
    known_on
from visible
where candidate_number = 2
