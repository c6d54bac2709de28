-- The as-of day, the only clock of the models: the var `pql_as_of`, else the last day on which an event, or
-- somebody's identity, became known. Without any of them: the first day of 1970, so that nothing is visible.
with known as (

    select max(greatest(known_on, account_known_on)) as known_on
    from {{ ref('int_activities_attributed') }}
    where not is_internal

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
