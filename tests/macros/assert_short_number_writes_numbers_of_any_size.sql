-- A value is what fits decimal(38, 9): one odd event must not stop the run when a reason is worded.
with cases as (

    select
        given_number,
        expected,
        {{ short_number('given_number') }} as found
    from (
        select
            cast(listed.expected as decimal(38, 9)) as given_number,
            listed.expected
        from (
            values
            ('100000000000000000000'),
            ('-100000000000000000000'),
            ('100000000000000000000.5')
        ) as listed (expected)
    ) as given

)

select *
from cases
where found is distinct from expected
