-- Only white space is missing; everything else keeps its spaces.
with cases as (

    select
        listed.given_text,
        listed.expected,
        {{ blank_as_null('listed.given_text') }} as found
    from (
        values
        ('id', 'id'),
        (' id ', ' id '),
        ('0', '0'),
        ('', null),
        ('   ', null),
        (null, null)
    ) as listed (given_text, expected)

)

select *
from cases
where found is distinct from expected
