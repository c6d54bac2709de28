-- Raw event rows per day of arrival: a day whose number differs from what the last build had read is
-- read again, however old it is.
select
    received_on,
    count(*) as row_count
from {{ ref('int_events_unioned') }}
group by received_on
