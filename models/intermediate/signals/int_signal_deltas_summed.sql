-- Deltas of the summed measures (`events`, `sum`, `average`): what counts is added on the day it becomes
-- known and taken away on the day it leaves the window or decays.
with contributions as (

    select
        entity_key,
        signal_number,
        occurred_on,
        starts_on,
        ends_on,
        cast(case measure when 'events' then event_count else coalesce(value_sum, 0) end as decimal(38, 9)) as amount,
        case measure when 'average' then value_count else 0 end as value_count
    from {{ ref('int_signal_contributions') }}
    where measure = 'events' or (measure in ('sum', 'average') and value_count > 0)

),

shares as (

    select
        contributions.entity_key,
        contributions.signal_number,
        greatest(
            contributions.starts_on,
            {{ add_days('contributions.occurred_on', 'steps.from_age_days') }}
        ) as starts_on,
        least(
            contributions.ends_on,
            coalesce(
                {{ add_days('contributions.occurred_on', 'steps.to_age_days') }},
                date '9999-12-31'
            )
        ) as ends_on,
        case
            when steps.share = 1 then contributions.amount
            else cast(contributions.amount * steps.share as decimal(38, 9))
        end as amount,
        contributions.value_count
    from contributions
    inner join {{ ref('int_decay_steps') }} as steps
        on contributions.signal_number = steps.signal_number

)

select
    entity_key,
    signal_number,
    starts_on as changed_on,
    amount as value_delta,
    value_count as count_delta
from shares
where starts_on < ends_on

union all

select
    entity_key,
    signal_number,
    ends_on as changed_on,
    -amount as value_delta,
    -value_count as count_delta
from shares
where starts_on < ends_on and ends_on < date '9999-12-31'
