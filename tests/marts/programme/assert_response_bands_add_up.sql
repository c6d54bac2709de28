-- The bands of a cohort are all of it: their counts sum to that of `all`, and their shares to 1.
select
    basis,
    definition_key,
    cohort_grain,
    cohort_start
from {{ ref('rpt_sales_response') }}
group by basis, definition_key, cohort_grain, cohort_start
having
    sum(case when response_band = 'all' then -crossing_count else crossing_count end) <> 0
    or sum(case when response_band = 'all' then -touched_count else touched_count end) <> 0
    or sum(case when response_band = 'all' then -mature_count else mature_count end) <> 0
    or sum(case when response_band = 'all' then -converted_count else converted_count end) <> 0
    or abs(sum(case when response_band = 'all' then -1 else share_of_crossings end)) > 1e-9
    or count(*) <> 6
