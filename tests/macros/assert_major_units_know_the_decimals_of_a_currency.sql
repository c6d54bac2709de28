-- Two decimals but for the currencies without and with three, as Stripe counts them.
with cases as (

    select
        listed.currency,
        listed.amount,
        listed.expected,
        {{ major_units('listed.amount', 'listed.currency') }} as found
    from (
        values
        ('usd', 1050, 10.5),
        ('EUR', 999, 9.99),
        ('jpy', 1050, 1050.0),
        ('krw', 9900, 9900.0),
        ('mga', 500, 500.0),
        ('kwd', 10500, 10.5),
        ('tnd', 1000, 1.0),
        ('isk', 50000, 500.0),
        ('ugx', 500, 5.0),
        (null, 100, 1.0),
        ('usd', null, null)
    ) as listed (currency, amount, expected)

)

select *
from cases
where abs(found - expected) > 0.000001 or (found is null) <> (expected is null)
