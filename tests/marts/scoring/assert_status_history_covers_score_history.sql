-- Cutting the scores by audience neither loses nor doubles a day: both histories span the same days.
with spans as (

    select
        entity_type,
        entity_id,
        definition_key,
        min(valid_from) as first_on,
        'score' as history
    from {{ ref('fct_score_history') }}
    group by entity_type, entity_id, definition_key

    union all

    select
        entity_type,
        entity_id,
        definition_key,
        min(valid_from) as first_on,
        'status' as history
    from {{ ref('fct_status_history') }}
    group by entity_type, entity_id, definition_key

)

select
    entity_type,
    entity_id,
    definition_key,
    first_on,
    count(*) as histories
from spans
group by entity_type, entity_id, definition_key, first_on
having count(*) <> 2
