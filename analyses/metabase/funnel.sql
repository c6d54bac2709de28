-- How far the accounts that signed up came, by definition.
select
    definition_key,
    stage_number,
    stage,
    funnel_count,
    share_of_signups,
    share_of_previous,
    share_of_previous_low,
    share_of_previous_high
from {{ ref('rpt_pql_funnel') }}
where
    basis = 'recomputed'
    and cohort_by = 'signup'
    and cohort_grain = 'all'
    and acquisition_channel = 'all'
order by definition_key, stage_number
