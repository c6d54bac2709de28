-- How much a row of a given age counts in a summed signal: one step for all ages without decay, else one
-- per `decay_every_days` for as long as something is left.
with recursive summed_signals as (

    select distinct
        signal_number,
        decay_every_days,
        decay_rate
    from {{ ref('def_scored_signals') }}
    where measure in ('events', 'sum', 'average')

),

steps as (

    select
        signal_number,
        decay_every_days,
        decay_rate,
        0 as step
    from summed_signals
    where decay_rate is not null

    union all

    select
        signal_number,
        decay_every_days,
        decay_rate,
        step + 1 as step
    from steps
    where decay_rate * (step + 1) < 1

)

select
    signal_number,
    step * decay_every_days as from_age_days,
    (step + 1) * decay_every_days as to_age_days,
    cast(1 - decay_rate * step as decimal(18, 9)) as share
from steps

union all

select
    signal_number,
    0 as from_age_days,
    cast(null as integer) as to_age_days,
    cast(1 as decimal(18, 9)) as share
from summed_signals
where decay_rate is null
