select
    cast(definition_key as varchar) as definition_key,
    cast(signal_key as varchar) as signal_key,
    cast(measure as varchar) as measure,
    cast(current_threshold as double) as current_threshold,
    cast(proposed_threshold as double) as proposed_threshold,
    cast(verdict as varchar) as verdict,
    cast(reason as varchar) as reason,
    cast(holdout_current_share_at_least as double) as holdout_current_share_at_least,
    cast(holdout_current_rate_at_least as double) as holdout_current_rate_at_least,
    cast(holdout_current_rate_below as double) as holdout_current_rate_below,
    cast(holdout_current_auc as double) as holdout_current_auc,
    cast(holdout_proposed_share_at_least as double) as holdout_proposed_share_at_least,
    cast(holdout_proposed_rate_at_least as double) as holdout_proposed_rate_at_least,
    cast(holdout_proposed_rate_below as double) as holdout_proposed_rate_below,
    cast(holdout_proposed_auc as double) as holdout_proposed_auc,
    cast(holdout_auc_difference_low as double) as holdout_auc_difference_low,
    cast(holdout_auc_difference_high as double) as holdout_auc_difference_high
from {{ ref('calibration_signal_thresholds') }}
