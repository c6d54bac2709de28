{#
    Events in the plain contract: cast, and flagged with the reason why a row cannot be used.

    renamed: the CTE that gives the columns of the contract under their names, in any type.
#}
{% macro contract_events(renamed) %}
,

typed as (

    select
        {{ blank_as_null('event_id') }} as event_id,
        {{ blank_as_null('user_id') }} as user_id,
        {{ blank_as_null('anonymous_id') }} as anonymous_id,
        {{ blank_as_null('account_id') }} as account_id,
        {{ blank_as_null('event_name') }} as event_name,
        {{ blank_as_null('properties') }} as properties,
        {{ blank_as_null('user_agent') }} as user_agent,
        {{ safe_cast_to('occurred_at', 'timestamp') }} as occurred_at,
        {{ safe_cast_to('received_at', 'timestamp') }} as received_at,
        occurred_at as raw_occurred_at,
        received_at as raw_received_at
    from {{ renamed }}

),

flagged as (

    select
        *,
        case
            when event_id is null then 'missing_event_id'
            when event_name is null then 'missing_event_name'
            {{ time_problem('occurred_at', 'raw_occurred_at', 'occurred_at') }}
            {{ time_problem('received_at', 'raw_received_at', 'received_at', required=false) }}
            when occurred_at > {{ add_hours('received_at', 24) }} then 'occurred_after_received'
            when not {{ is_valid_json('properties') }} then 'invalid_json'
            when user_id is null and account_id is null and anonymous_id is null then 'no_user_or_account'
            when {{ is_bot('user_agent') }} then 'bot'
        end as quarantine_reason,
        cast(occurred_at as date) as occurred_on,
        cast(coalesce(received_at, occurred_at) as date) as received_on
    from typed

)

select
    event_id,
    user_id,
    anonymous_id,
    account_id,
    event_name,
    properties,
    user_agent,
    quarantine_reason,
    occurred_on,
    received_on,
    {{ known_day('occurred_on', 'received_on') }} as known_on,
    occurred_at,
    coalesce(received_at, occurred_at) as received_at,
    received_at as delivered_at,
    -- Of what may end in the quarantine: here, or because nobody ever names the anonymous id.
    case
        when quarantine_reason is not null or (user_id is null and account_id is null)
            then cast(raw_occurred_at as {{ dbt.type_string() }})
    end as raw_occurred_at
from flagged
{% endmacro %}
