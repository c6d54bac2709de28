-- The numbers of some texts, worked out apart (the first eight digits of their MD5 hash), and a tenth of ten
-- thousand texts in every tenth of the range, within five standard deviations.
with digits as (

    select listed.digit
    from (
        values ('0'), ('1'), ('2'), ('3'), ('4'), ('5'), ('6'), ('7'), ('8'), ('9')
    ) as listed (digit)

),

texts as (

    select {{ hash_share("'pql:acc_' || one.digit || two.digit || three.digit || four.digit") }} as share
    from digits as one
    cross join digits as two
    cross join digits as three
    cross join digits as four

),

tenths as (

    select
        floor(share * 10) as tenth,
        count(*) as text_count
    from texts
    group by floor(share * 10)

),

known as (

    select
        listed.given_text,
        listed.expected,
        {{ hash_share('listed.given_text') }} as found
    from (
        values
        ('', 3558706393),
        ('pql:acc_1', 2784728003),
        ('Zoë', 4215582579)
    ) as listed (given_text, expected)

)

select
    given_text as found_in,
    found
from known
where abs(found - cast(expected as {{ type_double() }}) / 4294967296) > 1e-15

union all

select
    cast(tenth as {{ dbt.type_string() }}) as found_in,
    text_count as found
from tenths
where abs(text_count - 1000) > 150 or tenth < 0 or tenth > 9

union all

select
    'number of tenths' as found_in,
    count(*) as found
from tenths
having count(*) <> 10
