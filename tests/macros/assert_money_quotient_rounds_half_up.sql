-- 30.4375 days a month are 487 / 16: 16 * 7 / 487 = 0.22997...; the last is beyond what a double can hold.
with examples as (

    select
        *,
        {{ money_quotient('amount', 'divisor') }} as quotient
    from (
        values
        (cast('10.0000' as decimal(38, 4)), 4, cast('2.5000' as decimal(38, 4))),
        (cast('0.0001' as decimal(38, 4)), 2, cast('0.0001' as decimal(38, 4))),
        (cast('0.0001' as decimal(38, 4)), 3, cast('0.0000' as decimal(38, 4))),
        (cast('1.0000' as decimal(38, 4)), 3, cast('0.3333' as decimal(38, 4))),
        (cast('112.0000' as decimal(38, 4)), 487, cast('0.2300' as decimal(38, 4))),
        (cast('0.0000' as decimal(38, 4)), 7, cast('0.0000' as decimal(38, 4))),
        (cast('12345678901234567890.1235' as decimal(38, 4)), 1, cast('12345678901234567890.1235' as decimal(38, 4))),
        (cast('5.0000' as decimal(38, 4)), 0, null)
    ) as given (amount, divisor, expected)

)

select *
from examples
where quotient <> expected or (quotient is null) <> (expected is null)
