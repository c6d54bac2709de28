-- How fast sales answered, and how many of them bought.
select
    definition_key,
    response_band,
    crossing_count,
    share_of_crossings,
    median_hours,
    conversion_rate,
    conversion_rate_low,
    conversion_rate_high
from {{ ref('rpt_sales_response') }}
where basis = 'recomputed' and cohort_grain = 'all' and response_band != 'all'
order by definition_key, response_band
