-- What every signal of a definition gives to each entity on the as-of day, and what it could give.
with entities as (

    select
        entities.entity_key,
        entities.entity_type,
        as_of.as_of_on
    from {{ ref('int_entities') }} as entities
    inner join {{ ref('int_as_of') }} as as_of
        on entities.created_on <= as_of.as_of_on
    where not entities.is_internal

),

current_signals as (

    select
        points.entity_key,
        points.definition_key,
        points.signal_key,
        points.is_met,
        points.is_measured,
        points.points,
        points.attribute_value,
        {{ signal_value_on('as_of.as_of_on', 'points.signal_value') }} as signal_value
    from {{ ref('int_signal_points') }} as points
    inner join {{ ref('int_as_of') }} as as_of
        on
            points.valid_from <= as_of.as_of_on
            and as_of.as_of_on < points.valid_to
    left join {{ ref('int_age_history') }} as ages
        on
            points.entity_key = ages.entity_key
            and points.signal_key = ages.signal_key
            and ages.valid_from <= as_of.as_of_on
            and as_of.as_of_on < ages.valid_to

),

factors as (

    select
        entities.entity_key,
        entities.entity_type,
        weights.definition_key,
        weights.signal_key,
        signals.kind,
        signals.measure,
        signals.operator,
        signals.threshold_text,
        signals.reason_template,
        signals.description,
        weights.is_required,
        coalesce(current_signals.is_met, false) as is_met,
        coalesce(current_signals.is_measured, signals.is_zero_when_absent) as is_measured,
        case
            when current_signals.signal_key is not null then current_signals.signal_value
            when signals.is_zero_when_absent then 0
        end as signal_value,
        current_signals.attribute_value,
        coalesce(current_signals.points, 0) as points,
        -- What the signal gives as soon as its condition holds.
        {{ points_earned('true', 'signals.threshold', 'weights') }} as points_when_met
    from entities
    inner join {{ ref('def_weights') }} as weights
        on entities.entity_type = weights.entity_type
    inner join {{ ref('def_signals') }} as signals
        on weights.signal_key = signals.signal_key
    left join current_signals
        on
            entities.entity_key = current_signals.entity_key
            and weights.definition_key = current_signals.definition_key
            and weights.signal_key = current_signals.signal_key

),

worded as (

    select
        *,
        case
            when not is_met and points_when_met > 0 then points_when_met
            else cast(0 as decimal(18, 4))
        end as points_missing,
        case
            when not is_measured then 'not measured'
            when attribute_value is not null then attribute_value
            else {{ short_number('signal_value') }}
        end as value_text
    from factors

),

steps as (

    select
        *,
        -- Only what people can be helped to do is a next step: not the size of their company, nor their intent.
        not is_met and kind not in ('fit', 'negative', 'intent') and (points_missing > 0 or is_required)
        and measure not in ('attribute', 'days_since_signup') as is_next_step
    from worded

)

select
    entity_key,
    entity_type,
    definition_key,
    signal_key,
    kind,
    case
        when is_met then replace(reason_template, '{value}', value_text)
        else
            description || ': ' || value_text || ' now, needs '
            || case operator
                when '>=' then 'at least '
                when '<=' then 'at most '
                when '!=' then 'anything but '
                when 'in' then 'one of '
                else ''
            end || threshold_text
    end as reason,
    attribute_value,
    cast(signal_value as decimal(38, 9)) as signal_value,
    cast(points as decimal(18, 4)) as points,
    points_missing,
    is_measured,
    is_met,
    is_required,
    is_next_step,
    case
        when is_next_step
            then
                row_number() over (
                    partition by entity_key, definition_key, is_next_step
                    order by is_required desc, points_missing desc, signal_key asc
                )
    end as step_number
from steps
