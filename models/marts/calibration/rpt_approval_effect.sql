-- What approving the recommended thresholds does to each definition. A new lead is an entity that qualifies
-- for the first time, a return one that qualifies again after it had lost its status.
with statuses as (

    select
        definition_key,
        sum(case when is_qualified_now then 1 else 0 end) as qualified_now,
        sum(case when is_qualified_after then 1 else 0 end) as qualified_after,
        sum(case when is_qualified_after and not is_qualified_now then 1 else 0 end) as gains,
        sum(case when is_qualified_now and not is_qualified_after then 1 else 0 end) as loses,
        sum(case when is_qualified_now and is_qualified_after then 1 else 0 end) as stays
    from {{ ref('int_proposed_statuses') }}
    group by definition_key

),

entries as (

    select
        definition_key,
        'now' as thresholds,
        transitioned_on as entered_on,
        transition = 'qualified' as is_first
    from {{ ref('int_pql_transitions') }}
    where transition in ('qualified', 'requalified')

    union all

    select
        definition_key,
        'after' as thresholds,
        changed_on as entered_on,
        row_number() over (partition by entity_key, definition_key order by changed_on) = 1 as is_first
    from {{ ref('int_proposed_status_changes') }}
    where is_qualified

),

-- The last eight weeks, the as-of day included.
recent as (

    select
        entries.definition_key,
        sum(case when entries.thresholds = 'now' and entries.is_first then 1 else 0 end) / 8.0 as new_now,
        sum(case when entries.thresholds = 'now' and not entries.is_first then 1 else 0 end) / 8.0 as returns_now,
        sum(case when entries.thresholds = 'after' and entries.is_first then 1 else 0 end) / 8.0 as new_after,
        sum(case when entries.thresholds = 'after' and not entries.is_first then 1 else 0 end) / 8.0
            as returns_after
    from entries
    inner join {{ ref('int_as_of') }} as as_of
        on
            entries.entered_on > {{ add_days('as_of.as_of_on', -56) }}
            and entries.entered_on <= as_of.as_of_on
    group by entries.definition_key

)

select
    cast(calibration.definition_key as {{ dbt.type_string() }}) as definition_key,
    cast(calibration.verdict as {{ dbt.type_string() }}) as verdict,
    cast(definitions.enter_threshold as decimal(18, 4)) as current_threshold,
    cast(definitions.exit_threshold as decimal(18, 4)) as current_exit_threshold,
    cast(proposed.enter_threshold as decimal(18, 4)) as recommended_threshold,
    cast(proposed.exit_threshold as decimal(18, 4)) as recommended_exit_threshold,
    cast(case when proposed.definition_key is not null then coalesce(statuses.qualified_now, 0) end as bigint)
        as qualified_now,
    cast(case when proposed.definition_key is not null then coalesce(statuses.qualified_after, 0) end as bigint)
        as qualified_after,
    cast(case when proposed.definition_key is not null then coalesce(statuses.gains, 0) end as bigint) as gains,
    cast(case when proposed.definition_key is not null then coalesce(statuses.loses, 0) end as bigint) as loses,
    cast(case when proposed.definition_key is not null then coalesce(statuses.stays, 0) end as bigint) as stays,
    cast(case when proposed.definition_key is not null then coalesce(recent.new_now, 0) end as {{ type_double() }})
        as new_leads_per_week_now,
    cast(case when proposed.definition_key is not null then coalesce(recent.new_after, 0) end as {{ type_double() }})
        as new_leads_per_week_after,
    cast(
        case when proposed.definition_key is not null then coalesce(recent.returns_now, 0) end as {{ type_double() }}
    ) as returns_per_week_now,
    cast(
        case when proposed.definition_key is not null then coalesce(recent.returns_after, 0) end as {{ type_double() }}
    ) as returns_per_week_after,
    cast(as_of.as_of_on as date) as as_of_on
from {{ ref('calibration_verdict') }} as calibration
inner join {{ ref('int_calibration_definitions') }} as definitions
    on calibration.definition_key = definitions.definition_key
left join {{ ref('int_proposed_thresholds') }} as proposed
    on calibration.definition_key = proposed.definition_key
left join statuses
    on calibration.definition_key = statuses.definition_key
left join recent
    on calibration.definition_key = recent.definition_key
cross join {{ ref('int_as_of') }} as as_of
