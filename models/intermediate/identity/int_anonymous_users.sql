-- Which user an anonymous id turned out to be, from the day on which that became known until another user
-- is named as well: from then on it is not known who uses the device, and new events belong to nobody.
with named as (

    select
        anonymous.entity_key as anonymous_key,
        users.entity_key as user_key,
        min(identifies.known_on) as known_on
    from {{ ref('int_identifies') }} as identifies
    inner join {{ ref('int_entity_keys') }} as anonymous
        on
            identifies.anonymous_id = anonymous.entity_id
            and anonymous.entity_type = 'anonymous'
    inner join {{ ref('int_entity_keys') }} as users
        on
            identifies.user_id = users.entity_id
            and users.entity_type = 'user'
    group by anonymous.entity_key, users.entity_key

),

ordered as (

    select
        *,
        row_number() over (partition by anonymous_key order by known_on, user_key) as user_number,
        lead(known_on) over (partition by anonymous_key order by known_on, user_key) as next_known_on
    from named

)

select
    anonymous_key,
    user_key,
    known_on as known_from,
    coalesce(next_known_on, date '9999-12-31') as known_to
from ordered
where user_number = 1 and (next_known_on is null or next_known_on > known_on)
