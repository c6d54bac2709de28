-- Over ends of months and years, leap days and zero days, in both directions.
with cases as (

    select
        cast(listed.first_day as date) as first_day,
        cast(listed.last_day as date) as last_day,
        listed.days
    from (
        values
        ('2024-02-28', '2024-03-01', 2),
        ('2023-02-28', '2023-03-01', 1),
        ('2023-12-31', '2024-01-01', 1),
        ('2024-01-01', '2025-01-01', 366),
        ('2024-03-01', '2024-03-01', 0),
        ('2024-03-31', '2024-03-01', -30)
    ) as listed (first_day, last_day, days)

),

computed as (

    select
        first_day,
        last_day,
        days,
        {{ add_days('first_day', 'days') }} as found_day,
        {{ days_between('first_day', 'last_day') }} as found_days
    from cases

)

select *
from computed
where found_day <> last_day or found_days <> days
