-- The time spine of the semantic layer: every day from the first on which anything can have happened (earlier times are
-- implausible, docs/quarantine.md) to the as-of day.
{% set digits %}
    select 0 as digit
    {% for digit in range(1, 10) %}
    union all
    select {{ digit }} as digit
    {% endfor %}
{% endset %}

with digits as (

    {{ digits }}

),

numbers as (

    select
        ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit + 10000 * ten_thousands.digit
            as day_number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as ten_thousands

),

days as (

    select {{ add_days("date '2000-01-01'", 'day_number') }} as calendar_day
    from numbers

)

select days.calendar_day
from days
inner join {{ ref('int_as_of') }} as as_of
    on days.calendar_day <= as_of.as_of_on
