-- What the propensity models look at: use and its change, time in the audience, and every computed signal
-- of accounts. A factor without a value is 0 where it counts something, and unknown where it compares,
-- averages or tells an age.
with use_factors as (

    select
        'use:active_days' as factor,
        'Active days in the last 28 days' as description,
        true as is_zero_when_absent

    union all

    select
        'use:active_days_change' as factor,
        'Change of active days: last 28 days against the 28 before, -1 (stopped) to 1 (new)' as description,
        false as is_zero_when_absent

    union all

    select
        'use:active_users' as factor,
        'Active people in the last 28 days' as description,
        true as is_zero_when_absent

    union all

    select
        'use:active_users_change' as factor,
        'Change of active people: last 28 days against the 28 before, -1 (stopped) to 1 (new)' as description,
        false as is_zero_when_absent

    union all

    select
        'use:events' as factor,
        'Events in the last 28 days' as description,
        true as is_zero_when_absent

    union all

    select
        'use:events_change' as factor,
        'Change of events: last 28 days against the 28 before, -1 (stopped) to 1 (new)' as description,
        false as is_zero_when_absent

    union all

    select
        'use:days_since_last_active' as factor,
        'Days since the last activity' as description,
        false as is_zero_when_absent

    union all

    select
        'use:days_in_audience' as factor,
        'Days as a prospect or as a customer' as description,
        true as is_zero_when_absent

),

factors as (

    select
        factor,
        cast(null as {{ dbt.type_string() }}) as signal_key,
        cast(null as {{ dbt.type_string() }}) as measure,
        cast(null as {{ dbt.type_string() }}) as reason_template,
        description,
        cast(null as decimal(38, 9)) as threshold,
        is_zero_when_absent
    from use_factors

    union all

    select
        signals.signal_key as factor,
        signals.signal_key,
        signals.measure,
        signals.reason_template,
        signals.description,
        case when signals.measure <> 'attribute' then signals.threshold end as threshold,
        -- The value of an attribute is whether its condition holds.
        signals.is_zero_when_absent or signals.measure = 'attribute' as is_zero_when_absent
    from {{ ref('def_scored_signals') }} as scored
    inner join {{ ref('def_signals') }} as signals
        on scored.signal_key = signals.signal_key
    where scored.entity_type = 'account'

)

select
    -- For joins and sorts over millions of rows; it is not kept in any history.
    cast(row_number() over (order by factor) as integer) as factor_number,
    factor,
    signal_key,
    measure,
    reason_template,
    description,
    threshold,
    is_zero_when_absent
from factors
