-- Since when the measures count days that count days since something, as of the as-of day. The history
-- holds such a value only where its condition changes, so what sales reads is taken from here.
select
    contributions.entity_key,
    contributions.signal_key,
    case contributions.measure
        when 'days_since_last' then max(contributions.occurred_on)
        else min(contributions.occurred_on)
    end as since_on
from {{ ref('int_signal_contributions') }} as contributions
inner join {{ ref('int_as_of') }} as as_of
    on
        contributions.starts_on <= as_of.as_of_on
        and as_of.as_of_on < contributions.ends_on
where contributions.measure in ('days_since_last', 'days_since_first')
group by contributions.entity_key, contributions.signal_key, contributions.measure

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
