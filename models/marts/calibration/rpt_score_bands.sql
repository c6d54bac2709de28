select
    cast(definition_key as varchar) as definition_key,
    cast(band as bigint) as band,
    cast(score_min as double) as score_min,
    cast(score_max as double) as score_max,
    cast(n as bigint) as n,
    cast(entities as bigint) as entities,
    cast(conversions as bigint) as conversions,
    cast(observed_rate as double) as observed_rate,
    cast(rate_low as double) as rate_low,
    cast(rate_high as double) as rate_high,
    cast(calibrated_probability as double) as calibrated_probability,
    cast(probability_low as double) as probability_low,
    cast(probability_high as double) as probability_high,
    cast(is_within_interval as boolean) as is_within_interval,
    cast(is_used as boolean) as is_used
from {{ ref('calibration_score_bands') }}
