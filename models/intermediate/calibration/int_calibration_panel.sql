-- One row per definition, entity and day of the weekly grid on which the entity was in the audience, not
-- converted and active in the last 90 days; with the score of that day, and whether it converted in
-- the horizon after it.
with eligible as (

    select
        entities.definition_key,
        entities.entity_type,
        keys.entity_key,
        entities.entity_id,
        entities.account_id,
        entities.eligible_from,
        entities.converted_on,
        days.panel_on
    from {{ ref('int_calibration_entities') }} as entities
    inner join {{ ref('def_definitions') }} as definitions
        on entities.definition_key = definitions.definition_key
    inner join {{ ref('int_entity_keys') }} as keys
        on
            entities.entity_type = keys.entity_type
            and entities.entity_id = keys.entity_id
    inner join {{ ref('int_entity_active_spans') }} as active
        on keys.entity_key = active.entity_key
    inner join {{ ref('int_calibration_days') }} as days
        on
            active.valid_from <= days.panel_on
            and days.panel_on < active.valid_to
    inner join {{ ref('int_audience_history') }} as audiences
        on
            keys.entity_key = audiences.entity_key
            and definitions.audience = audiences.audience
            and audiences.is_in_audience
            and audiences.valid_from <= days.panel_on
            and days.panel_on < audiences.valid_to
    where entities.converted_on is null or days.panel_on < entities.converted_on

)

select
    row_number() over (
        order by eligible.definition_key, eligible.entity_type, eligible.entity_id, eligible.panel_on
    ) as panel_row,
    eligible.definition_key,
    eligible.entity_key,
    eligible.entity_type,
    eligible.entity_id,
    eligible.account_id,
    eligible.eligible_from,
    eligible.panel_on,
    coalesce(history.score, 0) as score,
    coalesce(
        eligible.converted_on <= {{ add_days('eligible.panel_on', var('pql_horizon_days')) }},
        false
    ) as is_converted
from eligible
left join {{ ref('int_score_history') }} as history
    on
        eligible.entity_key = history.entity_key
        and eligible.definition_key = history.definition_key
        and history.valid_from <= eligible.panel_on
        and eligible.panel_on < history.valid_to
