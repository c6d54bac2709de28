-- Entities of the definitions for which thresholds are recommended that are qualified on the as-of day under
-- the thresholds in force, under the recommended ones, or under both.
with current_statuses as (

    select
        history.entity_key,
        history.entity_type,
        history.definition_key,
        history.score,
        history.is_qualified
    from {{ ref('int_status_history') }} as history
    inner join {{ ref('int_proposed_thresholds') }} as proposed
        on history.definition_key = proposed.definition_key
    inner join {{ ref('int_as_of') }} as as_of
        on
            history.valid_from <= as_of.as_of_on
            and as_of.as_of_on < history.valid_to

),

entered as (

    select
        entity_key,
        definition_key,
        max(transitioned_on) as qualified_on
    from {{ ref('int_pql_transitions') }}
    where transition in ('qualified', 'requalified')
    group by entity_key, definition_key

),

ranked_changes as (

    select
        entity_key,
        definition_key,
        changed_on,
        is_qualified,
        row_number() over (partition by entity_key, definition_key order by changed_on desc) as age_rank
    from {{ ref('int_proposed_status_changes') }}

)

select
    current_statuses.entity_key,
    current_statuses.entity_type,
    current_statuses.definition_key,
    current_statuses.score,
    current_statuses.is_qualified as is_qualified_now,
    changes.entity_key is not null as is_qualified_after,
    case when current_statuses.is_qualified then entered.qualified_on end as qualified_on_now,
    changes.changed_on as qualified_on_after
from current_statuses
left join entered
    on
        current_statuses.entity_key = entered.entity_key
        and current_statuses.definition_key = entered.definition_key
left join ranked_changes as changes
    on
        current_statuses.entity_key = changes.entity_key
        and current_statuses.definition_key = changes.definition_key
        and changes.age_rank = 1
        and changes.is_qualified
where current_statuses.is_qualified or changes.entity_key is not null
