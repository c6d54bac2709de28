-- One hash per definition over every row that can change its scores or status: the definition with
-- the thresholds that count, its weights, their signals, and the activities of those signals.
with weights as (

    select
        definition_key,
        signal_key,
        points,
        points_per_unit,
        max_points,
        is_required
    from {{ ref('pql_weights') }}

),

definition_texts as (

    select
        definition_key,
        'definition' as part,
        {{ row_text(['entity_type', 'audience', 'enter_threshold', 'exit_threshold']) }} as row_value
    from {{ ref('def_definitions') }}

),

weight_texts as (

    select
        definition_key,
        'weight' as part,
        {{ row_text(['signal_key', 'points', 'points_per_unit', 'max_points', 'is_required']) }} as row_value
    from weights

),

signal_texts as (

    select
        weights.definition_key,
        'signal' as part,
        {{ row_text([
            'signals.signal_key', 'signals.activity_key', 'signals.attribute', 'signals.measure',
            'signals.window_days', 'signals.within_days_of_signup', 'signals.decay_every_days',
            'signals.decay_rate', 'signals.operator', 'signals.threshold_text',
        ]) }} as row_value
    from weights
    inner join {{ ref('def_signals') }} as signals
        on weights.signal_key = signals.signal_key

),

activity_texts as (

    select distinct
        weights.definition_key,
        'activity' as part,
        {{ row_text([
            'activities.activity_key', 'activities.event_name', 'activities.property',
            'activities.operator', 'activities.property_value', 'activities.object_property',
            'activities.value_property',
        ]) }} as row_value
    from weights
    inner join {{ ref('def_signals') }} as signals
        on weights.signal_key = signals.signal_key
    inner join {{ ref('def_activities') }} as activities
        on signals.activity_key = activities.activity_key

),

texts as (

    select * from definition_texts
    union all
    select * from weight_texts
    union all
    select * from signal_texts
    union all
    select * from activity_texts

)

select
    definition_key,
    {{ dbt.hash(list_text("part || ':' || row_value", '; ', 'part, row_value')) }} as definition_version
from texts
group by definition_key
