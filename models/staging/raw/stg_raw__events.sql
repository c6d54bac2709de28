{{ config(enabled='raw' in var('pql_event_sources')) }}

with renamed as (

    select
        event_id,
        user_id,
        anonymous_id,
        account_id,
        event_name,
        properties,
        occurred_at,
        received_at,
        cast(null as {{ dbt.type_string() }}) as user_agent
    from {{ from_source('raw', 'events') }}

)

{{ contract_events('renamed') }}
