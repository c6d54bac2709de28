-- The population that is looked at: one row per audience, entity and day of the grid. The outcome ahead
-- of a customer is `churn`, of everybody else `conversion`; it is null until the horizon is observed.
-- Whoever can convert is looked at while active (an event in the last 90 days), because the dormant hide
-- what distinguishes the others; a customer on every day, because falling silent is how customers leave.
-- Who was merged into another has not left.
-- `has_outcome_next` is the outcome by the next day of the grid: a hazard in discrete time.
{% set step_days = [whole_days('pql_panel_every_days'), whole_days('pql_horizon_days')] | min %}
with members as (

    select
        audiences.audience,
        entities.entity_type,
        audiences.entity_key,
        entity_keys.entity_id,
        conversions.account_id,
        audiences.valid_from as eligible_from,
        audiences.valid_to as eligible_to,
        coalesce(next_spans.is_merged, false) as is_merged,
        accounts.valid_from as account_from,
        accounts.valid_to as account_to,
        conversions.converted_on
    from {{ ref('int_audience_history') }} as audiences
    inner join {{ ref('int_entities') }} as entities
        on audiences.entity_key = entities.entity_key
    inner join {{ ref('int_entity_keys') }} as entity_keys
        on audiences.entity_key = entity_keys.entity_key
    -- Of users: that of the day.
    inner join {{ ref('int_entity_account_history') }} as accounts
        on
            audiences.entity_key = accounts.entity_key
            and audiences.valid_from < accounts.valid_to
            and accounts.valid_from < audiences.valid_to
    left join {{ ref('int_account_conversions') }} as conversions
        on accounts.account_key = conversions.account_key
    left join {{ ref('int_audience_history') }} as next_spans
        on
            audiences.entity_key = next_spans.entity_key
            and audiences.audience = next_spans.audience
            and audiences.valid_to = next_spans.valid_from
    where audiences.is_in_audience

),

population as (

    select
        members.audience,
        'conversion' as outcome,
        members.entity_type,
        members.entity_key,
        members.entity_id,
        members.account_id,
        members.eligible_from,
        days.panel_on,
        days.is_mature,
        days.is_as_of,
        members.converted_on as outcome_on
    from members
    inner join {{ ref('int_entity_active_spans') }} as active
        on members.entity_key = active.entity_key
    inner join {{ ref('int_calibration_days') }} as days
        on
            members.eligible_from <= days.panel_on
            and days.panel_on < members.eligible_to
            and members.account_from <= days.panel_on
            and days.panel_on < members.account_to
            and active.valid_from <= days.panel_on
            and days.panel_on < active.valid_to
    where
        members.audience <> 'customer'
        and (members.converted_on is null or days.panel_on < members.converted_on)

    union all

    select
        members.audience,
        'churn' as outcome,
        members.entity_type,
        members.entity_key,
        members.entity_id,
        members.account_id,
        members.eligible_from,
        days.panel_on,
        days.is_mature,
        days.is_as_of,
        case when not members.is_merged then members.eligible_to end as outcome_on
    from members
    inner join {{ ref('int_calibration_days') }} as days
        on
            members.eligible_from <= days.panel_on
            and days.panel_on < members.eligible_to
            and members.account_from <= days.panel_on
            and days.panel_on < members.account_to
    where members.audience = 'customer'

)

select
    row_number() over (order by audience, entity_type, entity_id, panel_on) as entity_day,
    audience,
    outcome,
    entity_type,
    entity_key,
    entity_id,
    account_id,
    eligible_from,
    panel_on,
    is_mature,
    is_as_of,
    case
        when is_mature
            then coalesce(outcome_on <= {{ add_days('panel_on', whole_days('pql_horizon_days')) }}, false)
    end as has_outcome,
    case
        when is_mature
            then coalesce(outcome_on <= {{ add_days('panel_on', step_days) }}, false)
    end as has_outcome_next
from population
