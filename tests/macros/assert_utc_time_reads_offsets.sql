-- A text with an offset is turned to UTC, one without is UTC already; what is no time is null.
with cases as (

    select
        listed.written,
        listed.expected,
        listed.expected_plausible,
        {{ utc_time('listed.written') }} as found,
        {{ plausible_time('listed.written') }} as plausible
    from (
        values
        ('2024-03-01 23:30:00-05:00', timestamp '2024-03-02 04:30:00', timestamp '2024-03-02 04:30:00'),
        ('2024-03-01T23:30:00Z', timestamp '2024-03-01 23:30:00', timestamp '2024-03-01 23:30:00'),
        ('2024-03-01 23:30:00', timestamp '2024-03-01 23:30:00', timestamp '2024-03-01 23:30:00'),
        ('2024-03-01', timestamp '2024-03-01 00:00:00', timestamp '2024-03-01 00:00:00'),
        ('1970-01-01 00:00:00', timestamp '1970-01-01 00:00:00', null),
        ('2999-01-01 00:00:00', timestamp '2999-01-01 00:00:00', null),
        ('1709287200', null, null),
        ('yesterday', null, null),
        ('', null, null),
        (null, null, null)
    ) as listed (written, expected, expected_plausible)

)

select *
from cases
where
    found is distinct from expected
    or plausible is distinct from expected_plausible
