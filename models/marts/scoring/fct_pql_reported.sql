-- What each run first said: a row whenever the current status of an entity is another than the last one
-- that was reported. Rows are only ever added; a full refresh leaves them.
with statuses as (

    select
        keys.entity_type,
        keys.entity_id,
        history.definition_key,
        history.score,
        history.is_qualified
    from {{ ref('int_status_history') }} as history
    inner join {{ ref('int_as_of') }} as as_of
        on
            history.valid_from <= as_of.as_of_on
            and as_of.as_of_on < history.valid_to
    inner join {{ ref('int_entity_keys') }} as keys
        on history.entity_key = keys.entity_key

),

-- What was last reported of each entity and definition.
last_reports as (

    select
        entity_type,
        entity_id,
        definition_key,
        is_qualified,
        report_number
    from (
        select
            *,
            max(report_number) over (partition by entity_type, entity_id, definition_key) as last_number
        from {{ rows_so_far({
            'entity_type': dbt.type_string(), 'entity_id': dbt.type_string(), 'definition_key': dbt.type_string(),
            'is_qualified': 'boolean', 'report_number': 'integer',
        }) }} as reports
    ) as numbered
    where report_number = last_number

),

-- The entities that are qualified, and those that were when they were last reported.
compared as (

    select
        statuses.entity_type,
        statuses.entity_id,
        statuses.definition_key,
        statuses.score,
        statuses.is_qualified,
        coalesce(last_reports.report_number, 0) as report_number
    from statuses
    left join last_reports
        on
            statuses.entity_type = last_reports.entity_type
            and statuses.entity_id = last_reports.entity_id
            and statuses.definition_key = last_reports.definition_key
    where statuses.is_qualified and not coalesce(last_reports.is_qualified, false)

    union all

    select
        last_reports.entity_type,
        last_reports.entity_id,
        last_reports.definition_key,
        coalesce(statuses.score, cast(0 as decimal(18, 4))) as score,
        false as is_qualified,
        last_reports.report_number
    from last_reports
    left join statuses
        on
            last_reports.entity_type = statuses.entity_type
            and last_reports.entity_id = statuses.entity_id
            and last_reports.definition_key = statuses.definition_key
    where last_reports.is_qualified and not coalesce(statuses.is_qualified, false)

),

transitions as (

    select
        *,
        row_number() over (
            partition by entity_type, entity_id, definition_key
            order by transitioned_on desc
        ) as recency
    from {{ ref('fct_pql_transitions') }}

)

select
    compared.entity_type,
    compared.entity_id,
    compared.definition_key,
    versions.definition_version,
    cast(compared.report_number + 1 as integer) as report_number,
    case
        when compared.is_qualified and compared.report_number = 0 then 'qualified'
        when compared.is_qualified then 'requalified'
        when transitions.transition = 'converted' then 'converted'
        else 'lapsed'
    end as transition,
    -- Lapsed although the history as it is now knows no qualifying: it was revised.
    case
        when compared.is_qualified then null
        when transitions.transition in ('lapsed', 'converted') then transitions.ended_by
        else 'revised'
    end as ended_by,
    compared.is_qualified,
    compared.score,
    transitions.transitioned_on,
    as_of.as_of_on
from compared
cross join {{ ref('int_as_of') }} as as_of
left join {{ ref('definition_versions') }} as versions
    on compared.definition_key = versions.definition_key
left join transitions
    on
        compared.entity_type = transitions.entity_type
        and compared.entity_id = transitions.entity_id
        and compared.definition_key = transitions.definition_key
        and transitions.recency = 1
{{ "where false" if flags.EMPTY }}
