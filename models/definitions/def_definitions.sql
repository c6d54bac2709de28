-- depends_on: {{ ref('definition_errors') }}
-- The definitions with the thresholds that count: those approved last, else those of the definition.
with definitions as (

    select
        definition_key,
        entity_type,
        audience,
        description,
        cast(enter_threshold as decimal(18, 4)) as enter_threshold,
        cast(coalesce(exit_threshold, enter_threshold) as decimal(18, 4)) as exit_threshold,
        cast(is_active as boolean) as is_active
    from {{ ref('pql_definitions') }}

),

approvals as (

    select
        definition_key,
        cast(enter_threshold as decimal(18, 4)) as enter_threshold,
        cast(exit_threshold as decimal(18, 4)) as exit_threshold,
        cast(approved_on as date) as approved_on,
        row_number() over (
            partition by definition_key
            order by cast(approved_on as date) desc, approved_on desc
        ) as age_rank
    from {{ ref('pql_approved_thresholds') }}

),

required_signals as (

    select
        definition_key,
        count(*) as required_signal_count
    from {{ ref('pql_weights') }}
    where cast(is_required as boolean)
    group by definition_key

)

select
    definitions.definition_key,
    definitions.entity_type,
    definitions.audience,
    definitions.description,
    coalesce(approvals.enter_threshold, definitions.enter_threshold) as enter_threshold,
    case
        when approvals.definition_key is null then definitions.exit_threshold
        when approvals.exit_threshold is not null then approvals.exit_threshold
        when definitions.exit_threshold < approvals.enter_threshold then definitions.exit_threshold
        else approvals.enter_threshold
    end as exit_threshold,
    cast(coalesce(required_signals.required_signal_count, 0) as integer) as required_signal_count,
    definitions.is_active,
    approvals.approved_on
from definitions
left join approvals
    on
        definitions.definition_key = approvals.definition_key
        and approvals.age_rank = 1
left join required_signals
    on definitions.definition_key = required_signals.definition_key
