-- The as-of day, the only clock of the models: the var `pql_as_of`, else the last day on which an
-- event became known. Without any event: the first day of 1970, so that nothing is visible.
select
    coalesce(
        cast({{ string_literal(var('pql_as_of')) if var('pql_as_of') is not none else 'null' }} as date),
        max(known_on),
        date '1970-01-01'
    ) as as_of_on
from {{ ref('int_activities_attributed') }}
where not is_internal
