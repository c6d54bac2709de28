-- `NA` is Namibia here, not a missing value.
select
    cast(student_id as varchar) as account_id,
    cast(date_registered as timestamp) as created_at,
    student_country as country
from read_csv('student_info.csv', nullstr = '')
