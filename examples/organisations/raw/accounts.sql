-- The file knows no organisations beside the ids of their users: each exists from its first user on.
select
    org_id as account_id,
    min(strptime(creation_time, '%d-%m-%Y %H:%M')) as created_at
from read_csv('takehome_users.csv', encoding = 'latin-1', all_varchar = true)
group by org_id
