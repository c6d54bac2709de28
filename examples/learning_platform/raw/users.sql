-- A student buys for themselves: every user is an account of one.
select
    cast(student_id as varchar) as user_id,
    cast(student_id as varchar) as account_id,
    cast(date_registered as timestamp) as created_at
from read_csv('student_info.csv')
