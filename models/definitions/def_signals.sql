-- depends_on: {{ ref('definition_errors') }}
select
    signal_key,
    activity_key,
    attribute,
    measure,
    coalesce(operator, '>=') as operator,
    threshold as threshold_text,
    kind,
    coalesce(reason_template, description, signal_key) as reason_template,
    coalesce(description, signal_key) as description,
    cast(window_days as integer) as window_days,
    cast(within_days_of_signup as integer) as within_days_of_signup,
    cast(decay_every_days as integer) as decay_every_days,
    cast(decay_rate as decimal(18, 9)) as decay_rate,
    {{ safe_cast_to('threshold', 'decimal(38, 9)') }} as threshold,
    measure in ('events', 'active_days', 'active_users', 'distinct_objects', 'sum') as is_zero_when_absent
from {{ ref('pql_signals') }}
