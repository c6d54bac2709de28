-- depends_on: {{ ref('setting_errors') }}
-- The rules of the nurture audiences, typed.
select
    audience,
    kind,
    definition_key,
    cast(min_threshold_share as decimal(18, 4)) as min_threshold_share,
    cast(max_points_missing as decimal(18, 4)) as max_points_missing,
    cast(max_usage_share as decimal(18, 4)) as max_usage_share,
    cast(recent_days as integer) as recent_days,
    cast(baseline_days as integer) as baseline_days,
    cast(min_baseline_active_days as integer) as min_baseline_active_days,
    cast(frequency_cap_days as integer) as frequency_cap_days
from {{ ref('pql_nurture_rules') }}
