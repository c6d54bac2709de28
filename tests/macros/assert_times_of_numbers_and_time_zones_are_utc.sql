-- Milliseconds to the millisecond; a time of day in a zone with and without daylight saving time.
with cases as (

    select
        timestamp '2023-11-14 22:13:20.123' as expected,
        {{ timestamp_of_milliseconds('1700000000123') }} as found

    union all

    select
        cast(null as timestamp) as expected,
        {{ timestamp_of_milliseconds('cast(null as bigint)') }} as found

    union all

    select
        timestamp '2024-01-15 17:00:00' as expected,
        {{ utc_of_local_time("timestamp '2024-01-15 12:00:00'", 'America/New_York') }} as found

    union all

    select
        timestamp '2024-07-15 16:00:00' as expected,
        {{ utc_of_local_time("timestamp '2024-07-15 12:00:00'", 'America/New_York') }} as found

    union all

    select
        timestamp '2024-07-15 12:00:00' as expected,
        {{ utc_of_local_time("timestamp '2024-07-15 12:00:00'", 'UTC') }} as found

)

select *
from cases
where found is distinct from expected
