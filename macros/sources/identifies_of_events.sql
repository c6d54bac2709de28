{#
    For vendors without identify calls: an event that names a user and a device says whose the device is, from the
    day on which the first such event was known. Continues a `with` and ends with the CTE `renamed`.

    events: the staged events of the vendor.
    renamed: name of the CTE that has the columns of the plain contract's identifies.
#}
{% macro identifies_of_events(events, renamed) %}
known as (

    select
        event_id,
        user_id,
        anonymous_id,
        occurred_at,
        received_at,
        known_on,
        {{ is_historical_load('occurred_on', 'received_on') }} as is_historical_load
    from {{ events }}
    where
        quarantine_reason is null
        and user_id is not null
        and anonymous_id is not null

),

-- Of copies of an event the one received first counts. Only a historical load, which counts from the day it
-- occurred, can be known before another copy that was received before it.
first_copies as (

    select
        event_id,
        min(received_at) as received_at
    from {{ events }}
    where
        quarantine_reason is null
        and event_id in (
            select known.event_id
            from known
            where known.is_historical_load
        )
    group by event_id

),

{{ renamed }} as (

    select
        known.user_id,
        known.anonymous_id,
        {{ earliest_time('known.occurred_at', ['known.known_on', 'known.received_at', 'known.occurred_at']) }}
            as identified_at,
        {{ earliest_time('known.received_at', ['known.known_on', 'known.received_at']) }} as received_at
    from known
    left join first_copies
        on known.event_id = first_copies.event_id
    where not known.is_historical_load or known.received_at = first_copies.received_at
    group by known.user_id, known.anonymous_id

)
{% endmacro %}
