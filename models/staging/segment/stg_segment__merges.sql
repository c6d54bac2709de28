{{ config(enabled='segment' in var('pql_event_sources')) }}

-- Where some rows know a person by the e-mail address only and others by id and address, both are one user,
-- from the day on which the first row that says so was known.
with known as (

    {% for table in ('identifies', 'tracks', 'pages', 'screens') %}
    {% if not loop.first %}

    union all

    {% endif %}
    select
        id,
        {{ blank_as_null('user_id') }} as user_id,
        {{ segment_email() }} as email,
        coalesce(event_timestamp, original_timestamp) as occurred_at,
        received_at
    from {{ from_source('segment', table) }}
    where context_traits_email is not null

    {% endfor %}

),

-- Of copies of a row the one received first counts.
numbered as (

    select
        *,
        case
            when id is not null
                then row_number() over (
                    partition by id
                    order by {{ safe_cast_to('received_at', 'timestamp') }}, user_id, email, occurred_at
                )
            else 1
        end as copy_number,
        {{ known_day(plausible_time('occurred_at'), plausible_time('received_at')) }} as known_on
    from known
    where user_id <> email

),

ranked as (

    select
        email,
        user_id,
        occurred_at,
        received_at,
        row_number() over (
            partition by email, user_id
            order by coalesce(known_on, date '9999-12-31'), received_at, occurred_at, id
        ) as row_number_of_pair
    from numbered
    where copy_number = 1

),

-- An address that never stands for a user needs no merge.
stands_for_a_user as (

    select distinct email
    from known
    where user_id is null

),

renamed as (

    select
        'user' as entity_type,
        ranked.email as merged_id,
        ranked.user_id as canonical_id,
        ranked.occurred_at as merged_at,
        ranked.received_at as recorded_at
    from ranked
    inner join stands_for_a_user
        on ranked.email = stands_for_a_user.email
    where ranked.row_number_of_pair = 1

)

{{ contract_merges('renamed') }}
