-- Points that each signal earns in each definition, for every interval of the signal history.
select
    history.entity_key,
    weights.definition_key,
    history.signal_key,
    history.attribute_value,
    history.signal_value,
    {{ points_earned('history.is_met', 'history.signal_value', 'weights') }} as points,
    history.is_measured,
    history.is_met,
    weights.is_required,
    history.valid_from,
    history.valid_to
from {{ ref('int_signal_history') }} as history
inner join {{ ref('def_weights') }} as weights
    on
        history.entity_type = weights.entity_type
        and history.signal_key = weights.signal_key
