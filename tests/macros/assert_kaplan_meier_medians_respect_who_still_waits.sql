-- The examples by hand. `half`: of two waits the first to end leaves exactly one half. `censored`: 1 - 1/4 = 0.75, then
-- 0.75 * (1 - 1/2) = 0.375. `tied`: who is seen up to the moment at which another's wait ends was at risk: 1 - 1/2.
-- `open`: the curve stays at 0.75. `never`: nothing ended. `last`: all that are left end at once. Each of them ten
-- times, because the curve is not followed for fewer: `few` are nine.
with waits as (

    select
        given.example,
        given.days,
        given.is_over
    from (
        values
        ('half', 3, 1), ('half', 5, 1),
        ('censored', 2, 1), ('censored', 4, 0), ('censored', 6, 1), ('censored', 9, 0),
        ('tied', 7, 1), ('tied', 7, 0),
        ('open', 1, 1), ('open', 8, 0), ('open', 8, 0), ('open', 9, 0),
        ('never', 4, 0),
        ('last', 1, 0), ('last', 6, 1), ('last', 6, 1),
        ('few', 3, 1)
    ) as given (example, days, is_over)
    inner join (
        values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)
    ) as copies (copy_number)
        on given.example <> 'few' or copies.copy_number < 10

),

expected as (

    select given.*
    from (
        values
        ('half', 3), ('censored', 6), ('tied', 7), ('open', null), ('never', null), ('last', 6), ('few', null)
    ) as given (example, median_days)

)

select
    expected.example,
    expected.median_days,
    medians.median_wait
from expected
left join {{ kaplan_meier_medians('waits', ['example'], 'days', 'is_over') }} as medians
    on expected.example = medians.example
where expected.median_days is distinct from medians.median_wait
