-- Parts that hold the signs between them, or are empty or missing, give no text of other parts.
with cases as (

    select {{ key_text(['listed.first_part', 'listed.second_part']) }} as key_of_parts
    from (
        values
        ('a', 'b'),
        ('a|1:b', null),
        ('a', '1:b'),
        ('ab', ''),
        ('', 'ab'),
        ('ab', null),
        (null, 'ab'),
        ('-', 'ab'),
        (null, null),
        ('-', '-')
    ) as listed (first_part, second_part)

)

select
    key_of_parts,
    count(*) as row_count
from cases
group by key_of_parts
having count(*) > 1 or key_of_parts is null
