-- Whether the thresholds are right, judged on weeks that the choice has not seen.
select
    definition_key,
    verdict,
    current_threshold,
    recommended_threshold,
    holdout_chosen_qualified_count as leads_of_the_hold_out,
    holdout_chosen_precision as converted_share,
    holdout_chosen_precision_low as converted_share_low,
    holdout_chosen_precision_high as converted_share_high,
    holdout_chosen_lift as lift,
    reason
from {{ ref('rpt_calibration') }}
order by definition_key
