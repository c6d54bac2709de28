-- One row per entity and definition on the as-of day: score, status, reasons and outlook.
with ranked_explanations as (

    select
        *,
        row_number() over (
            partition by entity_key, definition_key
            order by abs(points) desc, signal_key asc
        ) as reason_rank
    from {{ ref('int_score_explanations') }}

),

explanations as (

    select
        entity_key,
        definition_key,
        {{ list_text(
            "case when reason_rank <= 3 and points <> 0 then reason || ' (' ||"
            ~ " case when points > 0 then '+' else '' end || " ~ short_number('points') ~ " || ')' end",
            '; ', 'reason_rank'
        ) }} as top_reasons,
        max(case
            when step_number = 1
                then
                    reason
                    || case when points_missing > 0 then ': +' || {{ short_number('points_missing') }} else '' end
        end) as next_best_action
    from ranked_explanations
    group by entity_key, definition_key

),

statuses as (

    select
        history.entity_key,
        history.definition_key,
        history.score,
        history.is_qualified
    from {{ ref('int_status_history') }} as history
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

expiries as (

    select
        history.entity_key,
        history.definition_key,
        min(history.valid_from) as expires_on
    from {{ ref('int_status_history') }} as history
    inner join {{ ref('int_as_of') }} as as_of
        on as_of.as_of_on < history.valid_from
    where not history.is_qualified
    group by history.entity_key, history.definition_key

),

audiences as (

    select
        history.entity_key,
        history.audience,
        history.is_in_audience
    from {{ ref('int_audience_history') }} as history
    inner join {{ ref('int_as_of') }} as as_of
        on
            history.valid_from <= as_of.as_of_on
            and as_of.as_of_on < history.valid_to

),

scores as (

    select
        explanations.entity_key,
        explanations.definition_key,
        explanations.top_reasons,
        explanations.next_best_action,
        definitions.enter_threshold,
        coalesce(audiences.is_in_audience, false) as is_in_audience,
        coalesce(statuses.is_qualified, false) as is_qualified,
        coalesce(statuses.score, cast(0 as decimal(18, 4))) as score,
        case when statuses.is_qualified then entered.qualified_on end as qualified_on,
        case when statuses.is_qualified then expiries.expires_on end as expires_on
    from explanations
    inner join {{ ref('def_definitions') }} as definitions
        on explanations.definition_key = definitions.definition_key
    left join audiences
        on
            explanations.entity_key = audiences.entity_key
            and definitions.audience = audiences.audience
    left join statuses
        on
            explanations.entity_key = statuses.entity_key
            and explanations.definition_key = statuses.definition_key
    left join entered
        on
            explanations.entity_key = entered.entity_key
            and explanations.definition_key = entered.definition_key
    left join expiries
        on
            explanations.entity_key = expiries.entity_key
            and explanations.definition_key = expiries.definition_key

)

select
    scores.entity_key,
    entities.entity_type,
    entities.account_key,
    scores.definition_key,
    versions.definition_version,
    tiers.tier,
    scores.top_reasons,
    scores.next_best_action,
    scores.score,
    case when scores.score < scores.enter_threshold then scores.enter_threshold - scores.score else 0 end
        as points_to_threshold,
    -- The map was fitted on entities in the audience that were active in the last 90 days and had not converted.
    case
        when
            scores.is_in_audience
            and active.entity_key is not null
            and coalesce(as_of.as_of_on < conversions.converted_on, true)
            then probabilities.conversion_probability
    end as conversion_probability,
    scores.is_in_audience,
    scores.is_qualified,
    scores.qualified_on,
    scores.expires_on,
    as_of.as_of_on
from scores
inner join {{ ref('int_entities') }} as entities
    on scores.entity_key = entities.entity_key
inner join {{ ref('definition_versions') }} as versions
    on scores.definition_key = versions.definition_key
cross join {{ ref('int_as_of') }} as as_of
left join {{ ref('int_entity_active_spans') }} as active
    on
        scores.entity_key = active.entity_key
        and active.valid_from <= as_of.as_of_on
        and as_of.as_of_on < active.valid_to
left join {{ ref('int_account_conversions') }} as conversions
    on entities.account_key = conversions.account_key
left join {{ ref('def_tiers') }} as tiers
    on {{ is_of_tier('tiers', 'scores') }}
left join {{ ref('int_conversion_probabilities') }} as probabilities
    on
        scores.definition_key = probabilities.definition_key
        and scores.score >= probabilities.score_min
        and scores.score < probabilities.score_max
