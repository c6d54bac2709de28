-- The reasons add up exactly to the score, for every entity and definition.
with explained as (

    select
        entity_type,
        entity_id,
        definition_key,
        sum(points) as points
    from {{ ref('fct_score_explanations') }}
    group by entity_type, entity_id, definition_key

),

scored as (

    select
        'account' as entity_type,
        account_id as entity_id,
        definition_key,
        score
    from {{ ref('fct_account_scores') }}

    union all

    select
        'user' as entity_type,
        user_id as entity_id,
        definition_key,
        score
    from {{ ref('fct_user_scores') }}

)

select
    coalesce(explained.entity_id, scored.entity_id) as entity_id,
    coalesce(explained.definition_key, scored.definition_key) as definition_key,
    explained.points,
    scored.score
from explained
full outer join scored
    on
        explained.entity_type = scored.entity_type
        and explained.entity_id = scored.entity_id
        and explained.definition_key = scored.definition_key
where explained.points is null or scored.score is null or explained.points <> scored.score
