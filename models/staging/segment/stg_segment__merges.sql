{{ config(enabled='segment' in var('pql_event_sources')) }}

-- Where some rows know a person by the e-mail address only and others by id and address, both are one user,
-- from the first row on that says so.
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

numbered as (

    select
        email,
        user_id,
        occurred_at,
        received_at,
        row_number() over (
            partition by email, user_id
            order by received_at, occurred_at, id
        ) as row_number_of_pair
    from known
    where user_id <> email

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
        numbered.email as merged_id,
        numbered.user_id as canonical_id,
        numbered.occurred_at as merged_at,
        numbered.received_at as recorded_at
    from numbered
    inner join stands_for_a_user
        on numbered.email = stands_for_a_user.email
    where numbered.row_number_of_pair = 1

)

{{ contract_merges('renamed') }}
