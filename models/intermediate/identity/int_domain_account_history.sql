{{ config(enabled=var('pql_match_email_domains') or var('pql_business_sources') != ['raw']) }}
-- Whose a company domain was, as known on each day: of the one account that is listed with it, or, where none is, of
-- the one whose users have addresses of it. What names a company by its domain belongs to the account whose it was on
-- the day on which that became known, or else to the one whose it first was afterwards, and stays there: a second
-- account with the domain takes nothing from the first. Gap-free.
{% set in_order = 'partition by domain order by changed_on rows between unbounded preceding and current row' %}
{% set from_now_on = 'partition by domain order by valid_from rows between current row and unbounded following' %}
with changes as (

    select
        domain,
        valid_from as changed_on,
        is_listed,
        account_key,
        1 as delta
    from {{ ref('int_domain_claims') }}

    union all

    select
        domain,
        valid_to as changed_on,
        is_listed,
        account_key,
        -1 as delta
    from {{ ref('int_domain_claims') }}
    where valid_to < date '9999-12-31'

    union all

    select distinct
        domain,
        date '0001-01-01' as changed_on,
        true as is_listed,
        0 as account_key,
        0 as delta
    from {{ ref('int_domain_claims') }}

),

by_day as (

    select
        domain,
        changed_on,
        sum(case when is_listed then delta else 0 end) as listed_delta,
        sum(case when is_listed then 0 else delta end) as addressed_delta,
        sum(case when is_listed then delta * account_key else 0 end) as listed_key_delta,
        sum(case when is_listed then 0 else delta * account_key end) as addressed_key_delta
    from changes
    group by domain, changed_on

),

claimants as (

    select
        domain,
        changed_on,
        sum(listed_delta) over ({{ in_order }}) as listed_count,
        sum(addressed_delta) over ({{ in_order }}) as addressed_count,
        sum(listed_key_delta) over ({{ in_order }}) as listed_key_sum,
        sum(addressed_key_delta) over ({{ in_order }}) as addressed_key_sum
    from by_day

),

-- The sum of the keys of a single account is its key.
states as (

    select
        domain,
        changed_on as valid_from,
        cast(case when listed_count > 0 then listed_count else addressed_count end as bigint) as candidate_count,
        cast(
            case
                when listed_count = 1 then listed_key_sum
                when listed_count = 0 and addressed_count = 1 then addressed_key_sum
            end as integer
        ) as account_key
    from claimants

),

settled as (

    select
        domain,
        valid_from,
        candidate_count,
        account_key,
        coalesce(
            lead(valid_from) over (partition by domain order by valid_from), date '9999-12-31'
        ) as valid_to,
        max(candidate_count) over ({{ from_now_on }}) as most_candidates,
        min(case when account_key is not null then valid_from end) over ({{ from_now_on }}) as settled_on
    from states

)

select
    spans.domain,
    spans.valid_from,
    spans.valid_to,
    spans.candidate_count,
    spans.most_candidates,
    spans.settled_on,
    keys.entity_id as settled_account_id
from settled as spans
left join settled as settling
    on
        spans.domain = settling.domain
        and spans.settled_on = settling.valid_from
left join {{ ref('int_entity_keys') }} as keys
    on settling.account_key = keys.entity_key
