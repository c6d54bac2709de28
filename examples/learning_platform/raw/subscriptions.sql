-- Both purchase files, each purchase once. The later file repeats nearly all purchases of the first,
-- adds some that the first misses and those of the following months, and does not know the type.
--
-- Purchases of students who are not in student_info stay out: those students have no signup and no
-- activity here. No file knows a price: 1 stands for "paid". Where the type is not known, the end is not.
with purchases as (

    select
        coalesce(later.purchase_id, first.purchase_id) as purchase_id,
        coalesce(later.student_id, first.student_id) as student_id,
        coalesce(later.date_purchased, first.date_purchased) as purchased_on,
        lower(first.purchase_type) as plan
    from read_csv('student_purchases_later.csv') as later
    full outer join read_csv('student_purchases.csv') as first
        on later.purchase_id = first.purchase_id

)

select
    cast(purchases.purchase_id as varchar) as subscription_id,
    cast(purchases.student_id as varchar) as account_id,
    purchases.plan,
    cast(1 as decimal(18, 4)) as mrr_amount,
    cast(purchases.purchased_on as timestamp) as started_at,
    case purchases.plan
        when 'monthly' then purchases.purchased_on + interval '1' month
        when 'quarterly' then purchases.purchased_on + interval '3' month
        when 'annual' then purchases.purchased_on + interval '1' year
    end as ended_at
from purchases
inner join read_csv('student_info.csv') as students
    on purchases.student_id = students.student_id
