-- A text with an offset, also behind a blank, is turned to UTC, one without is UTC already; what is no time as a
-- whole is null, and its text is none that a cast to timestamp reads.
with cases as (

    select
        listed.written,
        listed.expected,
        listed.expected_plausible,
        {{ utc_time('listed.written') }} as found,
        {{ plausible_time('listed.written') }} as plausible,
        {{ utc_time_text('listed.written') }} as found_text
    from (
        values
        ('2024-03-01 23:30:00-05:00', timestamp '2024-03-02 04:30:00', timestamp '2024-03-02 04:30:00'),
        ('2024-03-01T23:30:00Z', timestamp '2024-03-01 23:30:00', timestamp '2024-03-01 23:30:00'),
        ('2024-03-01 23:30:00 -0500', timestamp '2024-03-02 04:30:00', timestamp '2024-03-02 04:30:00'),
        ('2024-03-01 23:30:00 -05:00', timestamp '2024-03-02 04:30:00', timestamp '2024-03-02 04:30:00'),
        ('2024-03-01 23:30:00 -05', timestamp '2024-03-02 04:30:00', timestamp '2024-03-02 04:30:00'),
        ('2024-03-01 23:30 -05', timestamp '2024-03-02 04:30:00', timestamp '2024-03-02 04:30:00'),
        ('2024-03-01T23:30+01:00', timestamp '2024-03-01 22:30:00', timestamp '2024-03-01 22:30:00'),
        ('2024-03-01T23:30Z', timestamp '2024-03-01 23:30:00', timestamp '2024-03-01 23:30:00'),
        ('2024-03-01T23:30:00.5  +01 ', timestamp '2024-03-01 22:30:00.5', timestamp '2024-03-01 22:30:00.5'),
        ('2024-03-01 23:30:00 Z', timestamp '2024-03-01 23:30:00', timestamp '2024-03-01 23:30:00'),
        ('2024-03-01 23:30:00 UTC', timestamp '2024-03-01 23:30:00', timestamp '2024-03-01 23:30:00'),
        ('2024-03-01 23:30:00.500000999', timestamp '2024-03-01 23:30:00.5', timestamp '2024-03-01 23:30:00.5'),
        ('2024-03-01 23:30:00', timestamp '2024-03-01 23:30:00', timestamp '2024-03-01 23:30:00'),
        ('2024-03-01', timestamp '2024-03-01 00:00:00', timestamp '2024-03-01 00:00:00'),
        ('1970-01-01 00:00:00', timestamp '1970-01-01 00:00:00', null),
        ('2999-01-01 00:00:00', timestamp '2999-01-01 00:00:00', null),
        ('1709287200', null, null),
        ('2024-03-01 10:00:00 garbage', null, null),
        ('2024-03-01 10:00:00 PM', null, null),
        ('2024-03-01 10:00:00 -0500 oops', null, null),
        ('2024-03-01 10:00:00 +5', null, null),
        ('2024-03 -01', null, null),
        ('2024-03-01 -05', null, null),
        ('2024-03-01 10:00 -0500 oops', null, null),
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
    or {{ safe_cast_to('found_text', 'timestamp') }} is distinct from expected
