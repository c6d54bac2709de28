-- Since when the measures count days that count days since something, as of the as-of day. The history
-- holds such a value only where its condition changes, so what sales reads is taken from here.
select
    ages.entity_key,
    signals.signal_key,
    ages.since_on
from {{ ref('int_activity_ages') }} as ages
inner join {{ ref('int_as_of') }} as as_of
    on
        ages.valid_from <= as_of.as_of_on
        and as_of.as_of_on < ages.valid_to
inner join {{ ref('def_scored_signals') }} as signals
    on ages.signal_number = signals.signal_number

union all

select
    entities.entity_key,
    signals.signal_key,
    entities.created_on as since_on
from {{ ref('int_entities') }} as entities
inner join {{ ref('int_touched_entities') }} as touched
    on entities.entity_key = touched.entity_key
inner join {{ ref('def_scored_signals') }} as signals
    on
        entities.entity_type = signals.entity_type
        and signals.measure = 'days_since_signup'
