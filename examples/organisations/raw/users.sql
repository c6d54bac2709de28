-- Names and e-mail addresses are not needed and stay out.
select
    object_id as user_id,
    org_id as account_id,
    strptime(creation_time, '%d-%m-%Y %H:%M') as created_at
from read_csv('takehome_users.csv', encoding = 'latin-1', all_varchar = true)
