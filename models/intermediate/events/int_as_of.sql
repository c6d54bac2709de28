-- The as-of day, the only clock of the models: the var `pql_as_of`, else the last day on which an event, or
-- somebody's identity, became known. Without any of them: the first day of 1970, so that nothing is visible.
-- Users whose first account became known at some time. What they did without naming one waits for that; from when
-- on it is known does not depend on which of their accounts it is.
with awaited_accounts as (

    select distinct
        user_key,
        attributable_from
    from {{ ref('int_user_accounts') }}
    where attributable_from > date '0001-01-01'

),

known as (

    select max(greatest(activities.known_on, coalesce(accounts.attributable_from, activities.known_on))) as known_on
    from {{ ref('int_activities_identified') }} as activities
    left join awaited_accounts as accounts
        on
            activities.user_key = accounts.user_key
            and activities.account_key is null
    left join {{ ref('int_internal_users') }} as internal_users
        on activities.user_key = internal_users.user_key
    where internal_users.user_key is null

),

identities as (

    {% for model in ['int_identifies', 'int_memberships', 'int_merge_calls'] %}
    select max(known_on) as known_on
    from {{ ref(model) }}
    {{ "union all" if not loop.last }}
    {% endfor %}

),

latest as (

    select max(known_on) as known_on
    from identities

)

select
    coalesce(
        cast({{ string_literal(var('pql_as_of')) if var('pql_as_of') is not none else 'null' }} as date),
        case when known.known_on > latest.known_on then known.known_on end,
        latest.known_on,
        known.known_on,
        date '1970-01-01'
    ) as as_of_on
from known
cross join latest
