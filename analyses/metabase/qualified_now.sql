-- Who is qualified today, by definition.
with scores as (

    select
        definition_key,
        'accounts' as entities,
        is_qualified,
        qualified_on,
        as_of_on
    from {{ ref('fct_account_scores') }}

    union all

    select
        definition_key,
        'users' as entities,
        is_qualified,
        qualified_on,
        as_of_on
    from {{ ref('fct_user_scores') }}

)

select
    definition_key,
    entities,
    sum(case when is_qualified then 1 else 0 end) as qualified,
    sum(case when is_qualified and as_of_on - qualified_on < 7 then 1 else 0 end) as new_in_7_days
from scores
group by definition_key, entities
order by qualified desc, definition_key asc
