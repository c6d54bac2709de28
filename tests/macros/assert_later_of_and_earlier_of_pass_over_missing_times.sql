-- The later and the earlier of two times; a missing one does not count.
with cases as (

    select
        cast(listed.one as timestamp) as one,
        cast(listed.other as timestamp) as other,
        cast(listed.expected_later as timestamp) as expected_later,
        cast(listed.expected_earlier as timestamp) as expected_earlier
    from (
        values
        ('2024-01-01', '2024-01-02', '2024-01-02', '2024-01-01'),
        ('2024-01-02', '2024-01-01', '2024-01-02', '2024-01-01'),
        ('2024-01-01', '2024-01-01', '2024-01-01', '2024-01-01'),
        (null, '2024-01-01', '2024-01-01', '2024-01-01'),
        ('2024-01-01', null, '2024-01-01', '2024-01-01'),
        (null, null, null, null)
    ) as listed (one, other, expected_later, expected_earlier)

)

select *
from cases
where
    {{ later_of('one', 'other') }} is distinct from expected_later
    or {{ earlier_of('one', 'other') }} is distinct from expected_earlier
