-- The population of each definition on the days of the grid, with the score of the day, whether the required
-- signals were met, and whether the entity converted in the horizon after it, and by the next day of the grid
-- (null until the horizon is observed). Customers have converted already: their definitions have no rows.
select
    row_number() over (
        order by definitions.definition_key, population.entity_type, population.entity_id, population.panel_on
    ) as panel_row,
    definitions.definition_key,
    population.entity_key,
    population.entity_type,
    population.entity_id,
    population.account_id,
    population.eligible_from,
    population.panel_on,
    population.is_mature,
    coalesce(eligibility.score, 0) as score,
    -- Without a score nobody qualifies, whatever is required.
    coalesce(eligibility.is_required_met, false) as is_required_met,
    population.has_outcome as is_converted,
    population.has_outcome_next as is_converted_next
from {{ ref('int_calibration_entity_days') }} as population
inner join {{ ref('int_calibration_definitions') }} as definitions
    on
        population.entity_type = definitions.entity_type
        and population.audience = definitions.audience
left join {{ ref('int_score_eligibility') }} as eligibility
    on
        population.entity_key = eligibility.entity_key
        and definitions.definition_key = eligibility.definition_key
        and eligibility.valid_from <= population.panel_on
        and population.panel_on < eligibility.valid_to
where population.outcome = 'conversion'
