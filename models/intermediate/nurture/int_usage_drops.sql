-- Paying accounts that are used much less than before. Use is counted in user days: who was active on how many
-- days, so that one busy script is not taken for a team.
with usage as (

    select
        rules.audience,
        activities.entity_key,
        rules.recent_days,
        rules.baseline_days,
        rules.max_usage_share,
        rules.min_baseline_active_days,
        {{ add_days('as_of.as_of_on', '1 - rules.recent_days - rules.baseline_days') }} as first_on,
        sum(
            case
                when activities.activity_date > {{ add_days('as_of.as_of_on', '-rules.recent_days') }}
                    then activities.active_users
                else 0
            end
        ) as recent_user_days,
        sum(
            case
                when activities.activity_date <= {{ add_days('as_of.as_of_on', '-rules.recent_days') }}
                    then activities.active_users
                else 0
            end
        ) as baseline_user_days,
        count(
            case
                when activities.activity_date <= {{ add_days('as_of.as_of_on', '-rules.recent_days') }}
                    then activities.activity_date
            end
        ) as baseline_active_days
    from {{ ref('int_account_activity_daily') }} as activities
    cross join {{ ref('int_as_of') }} as as_of
    inner join {{ ref('set_nurture_rules') }} as rules
        on
            rules.kind = 'usage_drop'
            and activities.activity_date > {{ add_days('as_of.as_of_on', '-rules.recent_days - rules.baseline_days') }}
            and activities.activity_date <= as_of.as_of_on
    group by
        rules.audience, activities.entity_key, rules.recent_days, rules.baseline_days, rules.max_usage_share,
        rules.min_baseline_active_days, as_of.as_of_on

)

select
    usage.audience,
    accounts.account_id,
    usage.recent_days,
    usage.baseline_days,
    cast(usage.recent_user_days as bigint) as recent_user_days,
    cast(usage.baseline_user_days as bigint) as baseline_user_days,
    cast(usage.recent_user_days as {{ type_double() }}) * usage.baseline_days
    / (usage.baseline_user_days * usage.recent_days)
        as usage_share
from usage
inner join {{ ref('int_entity_keys') }} as keys
    on usage.entity_key = keys.entity_key
inner join {{ ref('dim_accounts') }} as accounts
    on keys.entity_id = accounts.account_id
left join {{ ref('int_merged_ids') }} as merged
    on
        accounts.account_id = merged.merged_id
        and merged.entity_type = 'account'
where
    accounts.lifecycle_stage = 'customer'
    and accounts.created_on <= usage.first_on
    and merged.merged_id is null
    and usage.baseline_active_days >= usage.min_baseline_active_days
    and usage.baseline_user_days > 0
    and usage.recent_user_days * usage.baseline_days
    <= usage.max_usage_share * usage.baseline_user_days * usage.recent_days
