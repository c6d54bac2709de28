-- The value of each factor on each day of the propensity models, as known on the day. Sparse: a 0 of what
-- counts something and a value that is unknown have no row. Of an attribute the value is 1 where its
-- condition holds.
with use_values as (

    {% for factor in ['active_days', 'active_users', 'events'] %}
    select
        entity_day,
        is_mature,
        is_as_of,
        'use:{{ factor }}' as factor,
        cast({{ factor }} as {{ type_double() }}) as factor_value
    from {{ ref('int_propensity_days') }}
    where {{ factor }} > 0

    union all

    select
        entity_day,
        is_mature,
        is_as_of,
        'use:{{ factor }}_change' as factor,
        cast({{ factor }} - {{ factor }}_before as {{ type_double() }})
        / ({{ factor }} + {{ factor }}_before) as factor_value
    from {{ ref('int_propensity_days') }}
    where {{ factor }} + {{ factor }}_before > 0

    union all
    {% endfor %}

    select
        entity_day,
        is_mature,
        is_as_of,
        'use:days_since_last_active' as factor,
        cast(days_since_last_active as {{ type_double() }}) as factor_value
    from {{ ref('int_propensity_days') }}
    where days_since_last_active is not null

    union all

    select
        entity_day,
        is_mature,
        is_as_of,
        'use:days_in_audience' as factor,
        cast(days_in_audience as {{ type_double() }}) as factor_value
    from {{ ref('int_propensity_days') }}
    where days_in_audience > 0

),

signal_values as (

    select
        days.entity_day,
        days.is_mature,
        days.is_as_of,
        history.signal_key as factor,
        cast(
            case
                when factors.measure = 'attribute' and history.is_met then 1
                when factors.measure <> 'attribute'
                    then {{ signal_value_on('days.panel_on', 'history.signal_value') }}
            end as {{ type_double() }}
        ) as factor_value,
        history.is_met,
        factors.is_zero_when_absent
    from {{ ref('int_propensity_days') }} as days
    inner join {{ ref('int_signal_history') }} as history
        on
            days.entity_key = history.entity_key
            and history.valid_from <= days.panel_on
            and days.panel_on < history.valid_to
    inner join {{ ref('int_propensity_factors') }} as factors
        on history.signal_key = factors.factor
    left join {{ ref('int_age_history') }} as ages
        on
            days.entity_key = ages.entity_key
            and history.signal_key = ages.signal_key
            and ages.valid_from <= days.panel_on
            and days.panel_on < ages.valid_to

),

all_values as (

    select
        entity_day,
        is_mature,
        is_as_of,
        factor,
        factor_value,
        cast(null as boolean) as is_met
    from use_values

    union all

    select
        entity_day,
        is_mature,
        is_as_of,
        factor,
        factor_value,
        is_met
    from signal_values
    where factor_value is not null and not (is_zero_when_absent and factor_value = 0)

)

select
    all_values.entity_day,
    all_values.is_mature,
    all_values.is_as_of,
    factors.factor_number,
    all_values.factor_value,
    all_values.is_met
from all_values
inner join {{ ref('int_propensity_factors') }} as factors
    on all_values.factor = factors.factor
