-- Days since something as of the as-of day. The history holds such a value only where its condition
-- changes, so what sales reads is taken from the rows that count on the day.
select
    contributions.entity_type,
    contributions.entity_id,
    contributions.signal_key,
    {{ days_between(
        "case contributions.measure when 'days_since_last' then max(contributions.occurred_on)"
        ~ " else min(contributions.occurred_on) end",
        'as_of.as_of_on'
    ) }} as elapsed_days
from {{ ref('int_signal_contributions') }} as contributions
inner join {{ ref('int_as_of') }} as as_of
    on
        contributions.starts_on <= as_of.as_of_on
        and as_of.as_of_on < contributions.ends_on
where contributions.measure in ('days_since_last', 'days_since_first')
group by
    contributions.entity_type, contributions.entity_id, contributions.signal_key, contributions.measure,
    as_of.as_of_on

union all

select
    entities.entity_type,
    entities.entity_id,
    signals.signal_key,
    {{ days_between('entities.created_on', 'as_of.as_of_on') }} as elapsed_days
from {{ ref('int_entities') }} as entities
inner join {{ ref('int_as_of') }} as as_of
    on entities.created_on <= as_of.as_of_on
inner join {{ ref('def_scored_signals') }} as signals
    on
        entities.entity_type = signals.entity_type
        and signals.measure = 'days_since_signup'
