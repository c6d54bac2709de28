-- The people that sales can reach, the most engaged of each account first. The definition of users that counts
-- is the one of the highest priority.
with user_definition as (

    select min(definition_rank) as definition_rank
    from {{ ref('set_alert_rules') }}
    where entity_type = 'user'

),

scores as (

    select
        scores.user_id,
        scores.definition_key,
        scores.score,
        scores.tier,
        scores.is_qualified,
        scores.qualified_on
    from {{ ref('fct_user_scores') }} as scores
    inner join {{ ref('set_alert_rules') }} as rules
        on scores.definition_key = rules.definition_key
    inner join user_definition
        on rules.definition_rank = user_definition.definition_rank

),

reachable as (

    select
        users.user_id,
        users.account_id,
        users.email,
        scores.definition_key,
        scores.score,
        scores.tier,
        coalesce(scores.is_qualified, false) as is_qualified,
        scores.qualified_on,
        coalesce(activity.active_days, 0) as active_days,
        coalesce(activity.event_count, 0) as event_count,
        users.last_active_on
    from {{ ref('dim_users') }} as users
    left join {{ ref('int_merged_ids') }} as merged
        on
            users.user_id = merged.merged_id
            and merged.entity_type = 'user'
    left join {{ ref('int_recent_activity') }} as activity
        on
            users.user_id = activity.user_id
            and users.account_id = activity.account_id
    left join scores
        on users.user_id = scores.user_id
    where users.email is not null and not users.is_internal and merged.merged_id is null

)

select
    *,
    case
        when account_id is not null then row_number() over (
            partition by account_id
            order by
                case when is_qualified then 0 else 1 end,
                active_days desc,
                coalesce(score, 0) desc,
                event_count desc,
                coalesce(last_active_on, date '0001-01-01') desc,
                user_id asc
        )
    end as contact_rank
from reachable
