-- What cannot be told apart and is therefore not guessed.
with named as (

    select distinct
        anonymous_id,
        user_id
    from {{ ref('int_identifies') }}

),

begun as (

    select distinct
        user_id,
        account_id,
        valid_from,
        known_on
    from {{ ref('int_memberships') }}

),

calls as (

    select distinct
        entity_type,
        merged_id,
        canonical_id
    from {{ ref('int_merge_calls') }}

),

devices as (

    select
        'anonymous_id_of_several_users' as conflict,
        anonymous_id as conflict_key,
        count(distinct user_id) as candidate_count,
        {{ list_text('user_id', ', ', 'user_id') }} as candidates,
        'Its events belong to nobody from the day on which the second user was named.' as consequence
    from named
    group by anonymous_id
    having count(distinct user_id) > 1

),

memberships as (

    select
        'memberships_at_once' as conflict,
        user_id as conflict_key,
        count(distinct account_id) as candidate_count,
        {{ list_text('account_id', ', ', 'account_id') }} as candidates,
        'The user has no account from then until its next membership.' as consequence
    from begun
    group by user_id, valid_from, known_on
    having count(distinct account_id) > 1

),

mergers as (

    select
        calls.entity_type || '_merged_into_several' as conflict,
        calls.merged_id as conflict_key,
        count(distinct calls.canonical_id) as candidate_count,
        {{ list_text('calls.canonical_id', ', ', 'calls.canonical_id') }} as candidates,
        'The one that was known first counts; two on one day, or a circle, count for nothing.' as consequence
    from calls
    group by calls.entity_type, calls.merged_id
    having count(distinct calls.canonical_id) > 1

),

circles as (

    select
        calls.entity_type || '_merged_in_a_circle' as conflict,
        calls.merged_id as conflict_key,
        count(distinct calls.canonical_id) as candidate_count,
        {{ list_text('calls.canonical_id', ', ', 'calls.canonical_id') }} as candidates,
        'The merge is ignored.' as consequence
    from calls
    inner join {{ ref('int_entity_keys') }} as keys
        on
            calls.merged_id = keys.entity_id
            and calls.entity_type = keys.entity_type
    left join {{ ref('int_merges') }} as mergers
        on keys.entity_key = mergers.merged_key
    where mergers.merged_key is null
    group by calls.entity_type, calls.merged_id
    having count(distinct calls.canonical_id) = 1

)

{% if matches_domains() %}
,

domains as (

    select
        'domain_of_several_accounts' as conflict,
        domain as conflict_key,
        candidate_count,
        candidates,
        'Users, companies and deals of the domain are matched with none of them; what was known before stays.'
            as consequence
    from {{ ref('int_domain_accounts') }}
    where candidate_count > 1

),

companies as (

    select
        'domain_of_several_companies' as conflict,
        domain as conflict_key,
        count(*) as candidate_count,
        {{ list_text('company_id', ', ', 'company_id') }} as candidates,
        'Their deals count for the account of the domain; it has the attributes of none of them.' as consequence
    from {{ ref('int_company_accounts') }}
    where domain is not null and matched_by <> 'account_id'
    group by domain
    having count(*) > 1

)
{% endif %}

{% set of_domains = ['domains', 'companies'] if matches_domains() else [] %}
{% for conflicts in ['devices', 'memberships', 'mergers', 'circles'] + of_domains %}
{{ "union all" if not loop.first }}

select
    conflict,
    conflict_key,
    cast(candidate_count as bigint) as candidate_count,
    candidates,
    consequence
from {{ conflicts }}
{% endfor %}
