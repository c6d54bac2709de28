-- Where every raw row went.
select
    source_name,
    raw_table,
    rows_in,
    rows_used,
    rows_duplicate,
    rows_quarantined,
    rows_set_aside
from {{ ref('rpt_row_accounting') }}
where rows_in > 0
order by rows_in desc, source_name asc, raw_table asc
