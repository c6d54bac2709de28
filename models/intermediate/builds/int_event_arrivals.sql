-- Raw event rows per day of arrival: a day whose number differs from what the last build had read is
-- read again, however old it is. So is one that was too far ahead to be plausible and no longer is.
select
    received_on,
    coalesce(received_on <= {{ latest_plausible_on() }}, true) as is_plausible,
    count(*) as row_count
from {{ ref('int_events_unioned') }}
group by received_on
