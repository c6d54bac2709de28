{{ config(enabled=var('pql_match_email_domains') or var('pql_business_sources') != ['raw']) }}
-- What each account is, as known on each day: itself, or what it has become by merging.
with became as (

    select
        entity_key as account_key,
        entity_key as canonical_key,
        date '0001-01-01' as valid_from,
        0 as step_count
    from {{ ref('int_entity_keys') }}
    where entity_type = 'account'

    union all

    select
        merged_key as account_key,
        canonical_key,
        known_on as valid_from,
        step_count
    from {{ ref('int_merges') }}
    where entity_type = 'account'

),

followed as (

    select
        account_key,
        canonical_key,
        valid_from,
        coalesce(lead(valid_from) over (partition by account_key order by step_count), date '9999-12-31') as valid_to
    from became

)

select *
from followed
-- Two merges that became known on one day.
where valid_from < valid_to
