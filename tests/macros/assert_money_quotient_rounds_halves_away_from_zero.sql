-- 30.4375 days a month are 487 / 16: 16 * 7 / 487 = 0.22997... The longest is beyond what a double can hold.
with examples as (

    select
        cast(given.amount_text as decimal(38, 4)) as amount,
        given.divisor,
        cast(given.expected_text as decimal(38, 4)) as expected
    from (
        values
        ('10.0000', 4, '2.5000'),
        ('0.0001', 2, '0.0001'),
        ('0.0001', 3, '0.0000'),
        ('1.0000', 3, '0.3333'),
        ('112.0000', 487, '0.2300'),
        ('0.0000', 7, '0.0000'),
        ('12345678901234567890.1235', 1, '12345678901234567890.1235'),
        ('5.0000', 0, null),
        ('-5.0000', 5, '-1.0000'),
        ('-5.0000', 14, '-0.3571'),
        ('-0.0001', 2, '-0.0001'),
        ('-0.0001', 3, '0.0000')
    ) as given (amount_text, divisor, expected_text)

),

divided as (

    select
        *,
        {{ money_quotient('amount', 'divisor') }} as quotient
    from examples

)

select *
from divided
where quotient <> expected or (quotient is null) <> (expected is null)
