-- Since when the last (`days_since_last`) or the first (`days_since_first`) row of a signal counts, for as
-- long as that does not change.
{% set by_arrival = 'partition by entity_key, signal_number, creation_valid_to order by starts_on' %}
with arrivals as (

    select
        entity_key,
        signal_number,
        measure,
        creation_valid_to,
        starts_on,
        case measure when 'days_since_last' then max(occurred_on) else min(occurred_on) end as occurred_on
    from {{ ref('int_signal_contributions') }}
    where measure in ('days_since_last', 'days_since_first')
    group by entity_key, signal_number, measure, creation_valid_to, starts_on

)

select
    entity_key,
    signal_number,
    starts_on as valid_from,
    coalesce(lead(starts_on) over ({{ by_arrival }}), creation_valid_to) as valid_to,
    case measure
        when 'days_since_last'
            then max(occurred_on) over ({{ by_arrival }} rows between unbounded preceding and current row)
        else min(occurred_on) over ({{ by_arrival }} rows between unbounded preceding and current row)
    end as since_on
from arrivals
