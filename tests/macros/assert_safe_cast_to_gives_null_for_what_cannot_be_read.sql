-- What is no number, time or truth value becomes null instead of stopping the run.
with cases as (

    select
        listed.given_text,
        listed.expected_number,
        listed.expected_day,
        listed.expected_flag,
        {{ safe_cast_to('listed.given_text', 'decimal(38, 9)') }} as found_number,
        {{ safe_cast_to('listed.given_text', 'timestamp') }} as found_time,
        {{ safe_cast_to('listed.given_text', 'boolean') }} as found_flag
    from (
        values
        ('2.5', 2.5, null, null),
        ('-3', -3, null, null),
        ('2024-02-29 10:00:00', null, '2024-02-29', null),
        ('2024-02-30', null, null, null),
        ('true', null, null, true),
        ('false', null, null, false),
        ('1000000000000000000000000000000', null, null, null),
        ('many', null, null, null),
        ('', null, null, null),
        (null, null, null, null)
    ) as listed (given_text, expected_number, expected_day, expected_flag)

)

select *
from cases
where
    found_number is distinct from expected_number
    or cast(found_time as date) is distinct from cast(expected_day as date)
    or found_flag is distinct from expected_flag
