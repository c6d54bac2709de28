-- Whole where it is whole, else with one decimal, rounded half away from zero.
with cases as (

    select
        given_number,
        expected,
        {{ short_number('given_number') }} as found
    from (
        select
            cast(listed.given_text as decimal(38, 9)) as given_number,
            listed.expected
        from (
            values
            ('12', '12'),
            ('0', '0'),
            ('-30', '-30'),
            ('2.5', '2.5'),
            ('-2.5', '-2.5'),
            ('2.25', '2.3'),
            ('-2.25', '-2.3'),
            ('1234567.8', '1234567.8'),
            (null, null)
        ) as listed (given_text, expected)
    ) as given

)

select *
from cases
where found is distinct from expected
