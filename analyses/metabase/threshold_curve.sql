-- What each threshold would have brought in the hold-out: share that converts, and leads a week.
select
    definition_key,
    threshold,
    precision as converted_share,
    recall as share_of_conversions_found,
    per_week as leads_per_week
from {{ ref('rpt_threshold_curve') }}
where split = 'holdout'
order by definition_key, threshold
