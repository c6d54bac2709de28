-- A login has a day and no time: it occurs at midnight. Creation and invitation have minutes.
with users as (

    select
        object_id as user_id,
        org_id as account_id,
        creation_source,
        invited_by_user_id as inviter_id,
        strptime(creation_time, '%d-%m-%Y %H:%M') as created_at
    from read_csv('takehome_users.csv', encoding = 'latin-1', all_varchar = true)

)

select
    'login-' || user_id || '-' || time_stamp as event_id,
    'logged_in' as event_name,
    cast(time_stamp as timestamp) as occurred_at,
    user_id,
    cast(null as varchar) as properties
from read_csv('takehome_user_engagement.csv.gz', all_varchar = true)

union all

select
    'joined-' || user_id as event_id,
    'user_joined' as event_name,
    created_at as occurred_at,
    user_id,
    cast(json_object('source', lower(creation_source)) as varchar) as properties
from users

union all

-- The invitation counts for the inviter on the day on which the invited user joined: when it was sent
-- is not known. Some users name themselves as their inviter.
select
    'invited-' || user_id as event_id,
    'user_invited' as event_name,
    created_at as occurred_at,
    inviter_id as user_id,
    cast(json_object(
        'invited_user_id', user_id,
        'is_guest', creation_source = 'GUEST_INVITE' and inviter_id <> user_id,
        'is_self', inviter_id = user_id
    ) as varchar) as properties
from users
where inviter_id is not null
