-- One row per part that is not blank.
with lists as (

    select
        listed.list_id,
        listed.list_text
    from (
        values
        ('one', '11'),
        ('three', '21;22; 23 '),
        ('gaps', ';31;;'),
        ('blank', ''),
        ('none', null)
    ) as listed (list_id, list_text)

),

found as (

    select
        list_id,
        part
    from {{ split_to_rows('lists', 'list_id', 'list_text', ';') }} as parts

),

expected as (

    select
        listed.list_id,
        listed.part
    from (
        values ('one', '11'), ('three', '21'), ('three', '22'), ('three', '23'), ('gaps', '31')
    ) as listed (list_id, part)

)

select
    coalesce(found.list_id, expected.list_id) as list_id,
    found.part as found_part,
    expected.part as expected_part
from found
full outer join expected on found.list_id = expected.list_id and found.part = expected.part
where found.part is null or expected.part is null
