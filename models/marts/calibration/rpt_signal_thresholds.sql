select
    cast(definition_key as {{ dbt.type_string() }}) as definition_key,
    cast(signal_key as {{ dbt.type_string() }}) as signal_key,
    cast(measure as {{ dbt.type_string() }}) as measure,
    cast(current_threshold as {{ type_double() }}) as current_threshold,
    cast(proposed_threshold as {{ type_double() }}) as proposed_threshold,
    cast(verdict as {{ dbt.type_string() }}) as verdict,
    cast(reason as {{ dbt.type_string() }}) as reason,
    cast(holdout_current_share_at_least as {{ type_double() }}) as holdout_current_share_at_least,
    cast(holdout_current_rate_at_least as {{ type_double() }}) as holdout_current_rate_at_least,
    cast(holdout_current_rate_below as {{ type_double() }}) as holdout_current_rate_below,
    cast(holdout_current_auc as {{ type_double() }}) as holdout_current_auc,
    cast(holdout_proposed_share_at_least as {{ type_double() }}) as holdout_proposed_share_at_least,
    cast(holdout_proposed_rate_at_least as {{ type_double() }}) as holdout_proposed_rate_at_least,
    cast(holdout_proposed_rate_below as {{ type_double() }}) as holdout_proposed_rate_below,
    cast(holdout_proposed_auc as {{ type_double() }}) as holdout_proposed_auc,
    cast(holdout_auc_difference_low as {{ type_double() }}) as holdout_auc_difference_low,
    cast(holdout_auc_difference_high as {{ type_double() }}) as holdout_auc_difference_high
from {{ ref('calibration_signal_thresholds') }}
