select
    cast(bands.definition_key as {{ dbt.type_string() }}) as definition_key,
    versions.definition_version,
    cast(bands.band as bigint) as band,
    cast(bands.score_min as {{ type_double() }}) as score_min,
    cast(bands.score_max as {{ type_double() }}) as score_max,
    cast(bands.n as bigint) as n,
    cast(bands.entities as bigint) as entities,
    cast(bands.conversions as bigint) as conversions,
    cast(bands.observed_rate as {{ type_double() }}) as observed_rate,
    cast(bands.rate_low as {{ type_double() }}) as rate_low,
    cast(bands.rate_high as {{ type_double() }}) as rate_high,
    cast(bands.calibrated_probability as {{ type_double() }}) as calibrated_probability,
    cast(bands.probability_low as {{ type_double() }}) as probability_low,
    cast(bands.probability_high as {{ type_double() }}) as probability_high,
    cast(bands.is_within_interval as boolean) as is_within_interval,
    cast(bands.simultaneous_low as {{ type_double() }}) as simultaneous_low,
    cast(bands.simultaneous_high as {{ type_double() }}) as simultaneous_high,
    cast(bands.is_within_simultaneous_interval as boolean) as is_within_simultaneous_interval,
    cast(bands.is_used as boolean) as is_used
from {{ ref('calibration_score_bands') }} as bands
inner join {{ ref('definition_versions') }} as versions
    on bands.definition_key = versions.definition_key
