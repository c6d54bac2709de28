-- Expected: statsmodels.stats.proportion.proportion_confint(..., method='wilson').
with examples as (

    select
        given.*,
        {{ rate_interval_low('successes', 'trials') }} as low,
        {{ rate_interval_high('successes', 'trials') }} as high
    from (
        values
        (0, 10, 0.0, 0.27753279986288926),
        (1, 10, 0.017876213095072924, 0.40415002679523854),
        (10, 10, 0.7224672001371106, 1.0),
        (3, 7, 0.15821985525146964, 0.7495416354723428),
        (500, 2000, 0.23151413442481875, 0.2694443892158077),
        (1, 100000, 0.0000017652477303783092, 0.00005664709659040968),
        (0, 0, null, null)
    ) as given (successes, trials, expected_low, expected_high)

)

select *
from examples
where
    coalesce(abs(low - expected_low), 0) > 1e-12
    or coalesce(abs(high - expected_high), 0) > 1e-12
    or (low is null) <> (expected_low is null)
    or (high is null) <> (expected_high is null)
