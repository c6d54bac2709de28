-- A year is 12 months, 52 weeks, 365 days; what does not recur has no length.
with cases as (

    select
        listed.interval_name,
        listed.interval_count,
        listed.expected,
        {{ interval_months('listed.interval_name', 'listed.interval_count') }} as found
    from (
        values
        ('month', 1, 1.0),
        ('month', 3, 3.0),
        ('year', 1, 12.0),
        ('Year', 2, 24.0),
        ('week', 52, 12.0),
        ('day', 365, 12.0),
        ('month', null, 1.0),
        (null, 1, null),
        ('fortnight', 1, null)
    ) as listed (interval_name, interval_count, expected)

)

select *
from cases
where abs(found - expected) > 0.000001 or (found is null) <> (expected is null)
