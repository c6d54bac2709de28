with examples as (

    select
        given.*,
        {{ start_of('week', 'given_on') }} as week_start,
        {{ start_of('month', 'given_on') }} as month_start
    from (
        values
        (date '2024-03-04', date '2024-03-04', date '2024-03-01'),
        (date '2024-03-10', date '2024-03-04', date '2024-03-01'),
        (date '2024-12-31', date '2024-12-30', date '2024-12-01'),
        (date '2023-01-01', date '2022-12-26', date '2023-01-01')
    ) as given (given_on, expected_week, expected_month)

)

select *
from examples
where week_start <> expected_week or month_start <> expected_month or week_start is null or month_start is null
