with examples as (

    select
        given.*,
        {{ hours_between('from_time', 'to_time') }} as hours
    from (
        values
        (timestamp '2024-02-28 23:00:00', timestamp '2024-03-01 00:00:00', 25.0),
        (timestamp '2024-03-01 10:00:00', timestamp '2024-03-01 10:15:00', 0.25),
        (timestamp '2024-03-01 10:00:00', timestamp '2024-03-01 10:00:00', 0.0)
    ) as given (from_time, to_time, expected_hours)

)

select *
from examples
where hours is null or abs(hours - expected_hours) > 1e-9
