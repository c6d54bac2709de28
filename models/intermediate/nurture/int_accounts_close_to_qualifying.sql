-- Accounts in the audience of a definition that are not qualified but close to it, with the step that would bring
-- most. Of several definitions the one of the highest priority counts.
with close as (

    select
        rules.audience,
        scores.account_id,
        scores.definition_key,
        scores.definition_version,
        scores.score,
        definitions.enter_threshold,
        scores.points_to_threshold,
        row_number() over (
            partition by rules.audience, scores.account_id
            order by priorities.definition_rank
        ) as choice
    from {{ ref('fct_account_scores') }} as scores
    inner join {{ ref('def_definitions') }} as definitions
        on scores.definition_key = definitions.definition_key
    inner join {{ ref('set_alert_rules') }} as priorities
        on scores.definition_key = priorities.definition_key
    inner join {{ ref('set_nurture_rules') }} as rules
        on
            rules.kind = 'close_to_qualifying'
            and rules.definition_key in ('*', scores.definition_key)
            and (
                rules.min_threshold_share is null
                or scores.score >= rules.min_threshold_share * definitions.enter_threshold
            )
            and (rules.max_points_missing is null or scores.points_to_threshold <= rules.max_points_missing)
    left join {{ ref('int_merged_ids') }} as merged
        on
            scores.account_id = merged.merged_id
            and merged.entity_type = 'account'
    where scores.is_in_audience and not scores.is_qualified and merged.merged_id is null

),

steps as (

    select
        keys.entity_id as account_id,
        explanations.definition_key,
        explanations.signal_key,
        explanations.reason,
        explanations.signal_value,
        explanations.points_missing
    from {{ ref('int_score_explanations') }} as explanations
    inner join {{ ref('int_entity_keys') }} as keys
        on explanations.entity_key = keys.entity_key
    where explanations.entity_type = 'account' and explanations.step_number = 1

)

select
    close.audience,
    close.account_id,
    close.definition_key,
    close.definition_version,
    close.score,
    close.enter_threshold,
    close.points_to_threshold,
    steps.signal_key as step_signal_key,
    steps.reason as step,
    steps.signal_value as step_value,
    signals.threshold as step_needed_value,
    steps.points_missing as step_points
from close
left join steps
    on
        close.account_id = steps.account_id
        and close.definition_key = steps.definition_key
left join {{ ref('def_signals') }} as signals
    on steps.signal_key = signals.signal_key
where close.choice = 1
