-- A number for every account, user and anonymous id that was ever seen: the key of all tables between the raw events
-- and the marts. A key never changes, new ids are added.
-- depends_on: {{ ref('int_build_plan') }}
{% set plan = build_plan() %}
with ids as (

    -- Of every event, whether it can be used or not: to say that takes reading all of it.
    select distinct
        user_id,
        account_id,
        case when user_id is null and account_id is null then anonymous_id end as anonymous_id
    from {{ ref('int_arrived_events') }}

    union all

    select
        user_id,
        account_id,
        cast(null as {{ dbt.type_string() }}) as anonymous_id
    from {{ ref('int_users') }}

    union all

    select
        cast(null as {{ dbt.type_string() }}) as user_id,
        account_id,
        cast(null as {{ dbt.type_string() }}) as anonymous_id
    from {{ ref('int_accounts_unioned') }}
    where quarantine_reason is null and copy_number = 1

    union all

    select
        user_id,
        cast(null as {{ dbt.type_string() }}) as account_id,
        anonymous_id
    from {{ ref('int_identifies') }}

    union all

    select
        user_id,
        account_id,
        cast(null as {{ dbt.type_string() }}) as anonymous_id
    from {{ ref('int_memberships') }}

    union all

    select
        case when entity_type = 'user' then merged_id end as user_id,
        case when entity_type = 'account' then merged_id end as account_id,
        cast(null as {{ dbt.type_string() }}) as anonymous_id
    from {{ ref('int_merge_calls') }}

    union all

    select
        case when entity_type = 'user' then canonical_id end as user_id,
        case when entity_type = 'account' then canonical_id end as account_id,
        cast(null as {{ dbt.type_string() }}) as anonymous_id
    from {{ ref('int_merge_calls') }}

),

seen as (

    select distinct
        'user' as entity_type,
        user_id as entity_id
    from ids

    union all

    select distinct
        'account' as entity_type,
        account_id as entity_id
    from ids

    union all

    select distinct
        'anonymous' as entity_type,
        anonymous_id as entity_id
    from ids

)

select
    seen.entity_type,
    seen.entity_id,
    cast(
        row_number() over (order by seen.entity_type, seen.entity_id)
        {% if not plan.is_full %}
        + (select coalesce(max(entity_key), 0) from {{ this }})
        {% endif %}
        as integer
    ) as entity_key
from seen
{% if not plan.is_full %}
left join {{ this }} as numbered
    on
        seen.entity_type = numbered.entity_type
        and seen.entity_id = numbered.entity_id
{% endif %}
where seen.entity_id is not null {{ "and numbered.entity_id is null" if not plan.is_full }}
