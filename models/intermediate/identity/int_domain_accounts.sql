{{ config(enabled=var('pql_match_email_domains') or var('pql_business_sources') != ['raw']) }}
-- The account behind a company domain on the as-of day: the one that is listed with it, else the one whose users
-- have addresses of it. With several it is none; rpt_identity_conflicts lists them.
with claims as (

    select
        claims.domain,
        claims.is_listed,
        keys.entity_id as account_id,
        max(case when claims.is_listed then 1 else 0 end) over (partition by claims.domain) as has_listed
    from {{ ref('int_domain_claims') }} as claims
    cross join {{ ref('int_as_of') }} as as_of
    inner join {{ ref('int_entity_keys') }} as keys
        on claims.account_key = keys.entity_key
    where as_of.as_of_on < claims.valid_to

)

select
    domain,
    case when count(*) = 1 then min(account_id) end as account_id,
    count(*) as candidate_count,
    {{ list_text('account_id', ', ', 'account_id') }} as candidates
from claims
where is_listed or has_listed = 0
group by domain
