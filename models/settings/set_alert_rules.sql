-- depends_on: {{ ref('setting_errors') }}
-- What is done about a crossing, for each active definition: the rule that names it, else that of `*`. A
-- definition without a rule is not alerted and comes last.
with rules as (

    select
        definition_key,
        cast(priority as integer) as priority,
        cast(is_alerted as boolean) as is_alerted,
        coalesce(cast(respond_within_hours as integer), 24) as respond_within_hours,
        coalesce(cast(cooldown_days as integer), 30) as cooldown_days,
        coalesce(cast(max_age_days as integer), 7) as max_age_days
    from {{ ref('pql_alert_rules') }}

),

chosen as (

    select
        definitions.definition_key,
        definitions.entity_type,
        coalesce(named.is_alerted, others.is_alerted, false) as is_alerted,
        coalesce(named.respond_within_hours, others.respond_within_hours) as respond_within_hours,
        coalesce(named.cooldown_days, others.cooldown_days) as cooldown_days,
        coalesce(named.max_age_days, others.max_age_days) as max_age_days,
        -- One order without ties.
        row_number() over (
            order by
                case when coalesce(named.priority, others.priority) is null then 1 else 0 end,
                coalesce(named.priority, others.priority),
                case definitions.entity_type when 'account' then 0 else 1 end,
                definitions.definition_key
        ) as definition_rank
    from {{ ref('def_definitions') }} as definitions
    left join rules as named
        on definitions.definition_key = named.definition_key
    left join rules as others
        on others.definition_key = '*'
    where definitions.is_active

)

select
    definition_key,
    entity_type,
    is_alerted,
    respond_within_hours,
    cooldown_days,
    max_age_days,
    cast(definition_rank as integer) as definition_rank
from chosen
