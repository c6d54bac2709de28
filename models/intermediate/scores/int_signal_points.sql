-- Points that each signal earns in each definition, for every interval of the signal history.
with points as (

    select
        history.entity_type,
        history.entity_id,
        weights.definition_key,
        history.signal_key,
        history.valid_from,
        history.valid_to,
        history.signal_value,
        history.attribute_value,
        history.is_measured,
        history.is_met,
        weights.is_required,
        weights.max_points,
        cast(
            case
                when not history.is_met then 0
                when weights.points_per_unit is not null
                    then weights.points_per_unit * history.signal_value
                else weights.points
            end as decimal(18, 4)
        ) as uncapped_points
    from {{ ref('fct_signal_history') }} as history
    inner join {{ ref('def_weights') }} as weights
        on
            history.entity_type = weights.entity_type
            and history.signal_key = weights.signal_key

)

select
    entity_type,
    entity_id,
    definition_key,
    signal_key,
    valid_from,
    valid_to,
    signal_value,
    attribute_value,
    is_measured,
    is_met,
    is_required,
    case
        when uncapped_points > max_points then max_points
        when uncapped_points < -max_points then -max_points
        else uncapped_points
    end as points
from points
