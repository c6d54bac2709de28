-- The usable events, each once: of the copies of an event the one received first.
-- Almost all ids stand once; only the repeated ones are ranked, so that no sort over all events is needed.
with usable as (

    select
        event_id,
        user_id,
        anonymous_id,
        account_id,
        event_name,
        properties,
        occurred_on,
        received_on,
        known_on,
        occurred_at,
        received_at
    from {{ ref('stg_raw__events') }}
    where quarantine_reason is null

),

single as (

    select usable.*
    from usable
    left join {{ ref('int_repeated_event_ids') }} as repeated
        on usable.event_id = repeated.event_id
    where repeated.event_id is null

),

ranked_copies as (

    select
        usable.*,
        row_number() over (
            partition by usable.event_id
            order by
                usable.received_at, usable.occurred_at, usable.event_name, usable.user_id,
                usable.account_id, usable.anonymous_id, usable.properties
        ) as copy_number
    from usable
    inner join {{ ref('int_repeated_event_ids') }} as repeated
        on usable.event_id = repeated.event_id

)

select
    event_id,
    user_id,
    anonymous_id,
    account_id,
    event_name,
    properties,
    occurred_on,
    received_on,
    known_on,
    occurred_at,
    received_at
from single

union all

select
    event_id,
    user_id,
    anonymous_id,
    account_id,
    event_name,
    properties,
    occurred_on,
    received_on,
    known_on,
    occurred_at,
    received_at
from ranked_copies
where copy_number = 1
