{{ config(enabled='hubspot' in var('pql_business_sources')) }}

-- Since when each deal has been in a stage that is won, as far as the history of stages says. A deal that
-- was won, reopened and won again is won from the last time on.
with stages as (

    select
        cast(stage_id as {{ dbt.type_string() }}) as stage_id,
        max(case when {{ safe_cast_to('closed_won', 'boolean') }} then 1 else 0 end) as is_won
    from {{ from_source('hubspot', 'deal_pipeline_stage') }}
    group by cast(stage_id as {{ dbt.type_string() }})

),

changes as (

    select
        cast(deal_id as {{ dbt.type_string() }}) as deal_id,
        cast(value as {{ dbt.type_string() }}) as stage_id,
        coalesce(
            {{ safe_cast_to('date_entered', 'timestamp') }},
            {{ safe_cast_to('_fivetran_start', 'timestamp') }}
        ) as changed_at
    from {{ from_source('hubspot', 'deal_stage') }}

    union all

    select
        cast(history.deal_id as {{ dbt.type_string() }}) as deal_id,
        cast(history.value as {{ dbt.type_string() }}) as stage_id,
        {{ safe_cast_to('history.timestamp', 'timestamp') }} as changed_at
    from {{ from_source('hubspot', 'deal_property_history') }} as history
    where history.name = 'dealstage'

),

judged as (

    select
        changes.deal_id,
        changes.changed_at,
        coalesce(stages.is_won, 0) as is_won,
        max(case when coalesce(stages.is_won, 0) = 0 then changes.changed_at end) over (
            partition by changes.deal_id
        ) as last_open_at
    from changes
    left join stages on changes.stage_id = stages.stage_id

),

won as (

    select
        deal_id,
        min(changed_at) as won_at
    from judged
    where is_won = 1 and (last_open_at is null or changed_at > last_open_at)
    group by deal_id

)

-- A deal in no stage that is won is no subscription, nor is a deleted one or one that was merged away.
select
    cast(deals.deal_id as {{ dbt.type_string() }}) as deal_id,
    won.won_at
from {{ newest_rows(from_source('hubspot', 'deal'), 'deal_id') }} as deals
inner join stages
    on cast(deals.deal_pipeline_stage_id as {{ dbt.type_string() }}) = stages.stage_id and stages.is_won = 1
left join won on cast(deals.deal_id as {{ dbt.type_string() }}) = won.deal_id
left join {{ ref('base_hubspot__merges') }} as merged
    on merged.object_type = 'deal' and cast(deals.deal_id as {{ dbt.type_string() }}) = merged.merged_id
where
    merged.merged_id is null
    and not coalesce({{ safe_cast_to('deals.is_deleted', 'boolean') }}, false)
    and not coalesce({{ safe_cast_to('deals._fivetran_deleted', 'boolean') }}, false)
group by cast(deals.deal_id as {{ dbt.type_string() }}), won.won_at
