-- The text of the last row that has one; the later columns of the order decide between equals.
with cases as (

    select
        listed.account_id,
        max(listed.expected) as expected,
        {{ latest_text('listed.plan', ['listed.called_on', 'listed.id']) }} as found
    from (
        values
        ('two', 'pro', date '2024-03-02', 'b', 'pro'),
        ('two', 'free', date '2024-03-01', 'c', 'pro'),
        ('tie', 'pro', date '2024-03-01', 'b', 'pro'),
        ('tie', 'free', date '2024-03-01', 'a', 'pro'),
        ('gap', null, date '2024-03-02', 'b', 'free'),
        ('gap', 'free', date '2024-03-01', 'a', 'free'),
        ('none', null, date '2024-03-01', 'a', null)
    ) as listed (account_id, plan, called_on, id, expected)
    group by listed.account_id

)

select *
from cases
where found is distinct from expected
