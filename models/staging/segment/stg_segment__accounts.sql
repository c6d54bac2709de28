{{ config(enabled='segment' in var('pql_event_sources')) }}

-- From the log of group calls: the latest value of each trait. The vendor's table `accounts` is not read: it
-- holds only the latest state.
{% set latest_call = ["coalesce(called_at, timestamp '1900-01-01 00:00:00')", 'id'] %}

with calls as (

    select
        coalesce(cast(id as {{ dbt.type_string() }}), '') as id,
        {{ blank_as_null('group_id') }} as account_id,
        {{ blank_as_null('name') }} as account_name,
        coalesce({{ blank_as_null('domain') }}, {{ blank_as_null('website') }}) as domain,
        {{ blank_as_null('plan') }} as plan,
        {{ blank_as_null('country') }} as country,
        {{ blank_as_null('employees') }} as employee_count,
        {{ was_known(
            plausible_time('coalesce(event_timestamp, original_timestamp)'), plausible_time('received_at')
        ) }} as was_known,
        {{ plausible_time('created_at') }} as created_at,
        {{ plausible_time('coalesce(event_timestamp, original_timestamp)') }} as called_at,
        coalesce(event_timestamp, original_timestamp) as raw_called_at
    from {{ from_source('segment', 'groups') }}

),

renamed as (

    -- A call without a group is quarantined among the memberships.
    select
        account_id,
        cast(null as {{ dbt.type_string() }}) as parent_account_id,
        {{ latest_text('case when was_known then account_name end', latest_call) }} as account_name,
        {{ latest_text('case when was_known then domain end', latest_call) }} as domain,
        {{ latest_text('case when was_known then plan end', latest_call) }} as plan,
        cast(null as {{ dbt.type_string() }}) as acquisition_channel,
        {{ latest_text('case when was_known then country end', latest_call) }} as country,
        {{ latest_text('case when was_known then employee_count end', latest_call) }} as employee_count,
        coalesce(
            cast(coalesce(min(created_at), min(called_at)) as {{ dbt.type_string() }}),
            cast(min(raw_called_at) as {{ dbt.type_string() }})
        ) as created_at
    from calls
    where account_id is not null
    group by account_id

)

{{ contract_accounts('renamed') }}
