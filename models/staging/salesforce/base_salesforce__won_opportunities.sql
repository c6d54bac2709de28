{{ config(enabled='salesforce' in var('pql_business_sources')) }}

-- Since when each opportunity has been won, as far as anything says.
with opportunities as (

    select
        cast(id as {{ dbt.type_string() }}) as opportunity_id,
        cast(stage_name as {{ dbt.type_string() }}) as stage_name,
        coalesce({{ safe_cast_to('is_won', 'boolean') }}, false) as is_won,
        coalesce({{ safe_cast_to('_fivetran_active', 'boolean') }}, true) as is_current,
        {{ safe_cast_to('last_stage_change_date', 'timestamp') }} as last_stage_change_at,
        {{ safe_cast_to('_fivetran_start', 'timestamp') }} as version_from
    from {{ from_source('salesforce', 'opportunity') }}

),

history as (

    select
        cast(id as {{ dbt.type_string() }}) as row_id,
        {{ blank_as_null('opportunity_id') }} as opportunity_id,
        cast(stage_name as {{ dbt.type_string() }}) as stage_name,
        coalesce({{ safe_cast_to('is_won', 'boolean') }}, false) as is_won,
        {{ safe_cast_to('created_date', 'timestamp') }} as created_at,
        {{ safe_cast_to('_fivetran_start', 'timestamp') }} as version_from
    from {{ from_source('salesforce', 'opportunity_history') }}

),

won_stages as (

    select distinct stage_name
    from opportunities
    where is_won

),

-- Changes that Salesforce itself wrote down, and versions that the connector kept.
changes as (

    select
        history.opportunity_id,
        'change' as kind,
        case when won_stages.stage_name is not null then 1 else 0 end as is_won,
        history.created_at as changed_at
    from history
    left join won_stages on history.stage_name = won_stages.stage_name
    where history.opportunity_id is not null

    union all

    select
        row_id as opportunity_id,
        'version' as kind,
        case when is_won then 1 else 0 end as is_won,
        version_from as changed_at
    from history
    where opportunity_id is null

    union all

    select
        opportunity_id,
        'version' as kind,
        case when is_won then 1 else 0 end as is_won,
        version_from as changed_at
    from opportunities
    where version_from is not null

),

judged as (

    select
        *,
        max(case when is_won = 0 then changed_at end) over (
            partition by opportunity_id, kind
        ) as last_open_at
    from changes

),

-- One that was won, reopened and won again is won from the last time on. The first version of a row has
-- the time of the connection's first sync or of a later edit: it counts only after one that was not won.
entered as (

    select
        opportunity_id,
        min(case when kind = 'change' then changed_at end) as change_at,
        min(case when kind = 'version' then changed_at end) as version_at
    from judged
    where is_won = 1 and (changed_at > last_open_at or (last_open_at is null and kind = 'change'))
    group by opportunity_id

),

stage_changes as (

    select
        opportunity_id,
        max(last_stage_change_at) as last_stage_change_at
    from opportunities
    where is_won and is_current
    group by opportunity_id

)

select
    stage_changes.opportunity_id,
    coalesce(entered.change_at, entered.version_at, stage_changes.last_stage_change_at) as won_at
from stage_changes
left join entered on stage_changes.opportunity_id = entered.opportunity_id
