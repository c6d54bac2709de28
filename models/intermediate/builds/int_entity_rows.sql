-- The rows of users, accounts, paid subscriptions and identities as scoring reads them: an entity whose rows
-- differ from those of the last build is scored anew from its first day on, or from the day on which a new
-- fact about its identity became known.
select
    'user' as row_kind,
    user_id as row_id,
    user_id,
    account_id,
    {{ dbt.hash(row_text(['account_id', 'is_internal', 'created_on'])) }} as row_hash,
    cast(null as date) as known_on
from {{ ref('int_users') }}

union all

select
    'account' as row_kind,
    account_id as row_id,
    cast(null as {{ dbt.type_string() }}) as user_id,
    account_id,
    {{ dbt.hash(row_text([
        'account_name', 'domain', 'plan', 'acquisition_channel', 'country', 'employee_count',
        'parent_account_id', 'created_on',
    ])) }} as row_hash,
    cast(null as date) as known_on
from {{ ref('int_accounts') }}

union all

select
    'subscription' as row_kind,
    subscription_id as row_id,
    cast(null as {{ dbt.type_string() }}) as user_id,
    account_id,
    {{ dbt.hash(row_text(['account_id', 'started_on', 'ended_on', 'known_on'])) }} as row_hash,
    cast(null as date) as known_on
from {{ ref('int_subscriptions_unioned') }}
where quarantine_reason is null and copy_number = 1 and mrr_amount > 0

union all

-- Facts about identities say all in their id: one that says something else is another one.
select
    'identity' as row_kind,
    {{ row_text(['anonymous.entity_id', 'users.entity_id', 'links.known_from', 'links.known_to']) }} as row_id,
    users.entity_id as user_id,
    cast(null as {{ dbt.type_string() }}) as account_id,
    '' as row_hash,
    links.known_from as known_on
from {{ ref('int_anonymous_users') }} as links
inner join {{ ref('int_entity_keys') }} as anonymous
    on links.anonymous_key = anonymous.entity_key
inner join {{ ref('int_entity_keys') }} as users
    on links.user_key = users.entity_key

union all

select
    'identity' as row_kind,
    {{ row_text([
        'users.entity_id', 'accounts.entity_id', 'claims.is_own', 'claims.precedence', 'claims.valid_from',
        'claims.known_on',
    ]) }} as row_id,
    users.entity_id as user_id,
    accounts.entity_id as account_id,
    '' as row_hash,
    claims.known_on
from {{ ref('int_account_claims') }} as claims
inner join {{ ref('int_entity_keys') }} as users
    on claims.user_key = users.entity_key
left join {{ ref('int_entity_keys') }} as accounts
    on claims.account_key = accounts.entity_key
-- The listed account of a user stands in the row of the user.
where claims.precedence <> 1 or not claims.is_own

{% for side in ['merged_key', 'canonical_key'] %}
union all

select
    'identity' as row_kind,
    '{{ side }}' || {{ row_text([
        'mergers.entity_type', 'merged.entity_id', 'canonical.entity_id', 'mergers.known_on', 'mergers.step_count',
    ]) }} as row_id,
    case when keys.entity_type = 'user' then keys.entity_id end as user_id,
    case when keys.entity_type = 'account' then keys.entity_id end as account_id,
    '' as row_hash,
    mergers.known_on
from {{ ref('int_merges') }} as mergers
inner join {{ ref('int_entity_keys') }} as merged
    on mergers.merged_key = merged.entity_key
inner join {{ ref('int_entity_keys') }} as canonical
    on mergers.canonical_key = canonical.entity_key
inner join {{ ref('int_entity_keys') }} as keys
    on mergers.{{ side }} = keys.entity_key
{% endfor %}
