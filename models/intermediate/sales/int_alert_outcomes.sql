-- What became of the accounts that were to be alerted, from the first time on, under the definition of that alert and
-- under any (`all`): whether the account was touched and converted within the horizon, and whether that is over. A
-- later alert under another definition is not counted: who gets there depends on what the first one has done. Crossings
-- from before there was a hold-out are counted apart: nobody was chosen by chance then.
{% set horizon = whole_days('pql_horizon_days') %}
with alerts as (

    select
        coalesce(merged.canonical_id, alerts.account_id) as account_id,
        alerts.definition_key,
        alerts.alert_id,
        alerts.alert_status,
        alerts.holdout_share,
        alerts.reported_on
    from {{ ref('fct_pql_alerts') }} as alerts
    left join {{ ref('int_merged_ids') }} as merged
        on
            alerts.account_id = merged.merged_id
            and merged.entity_type = 'account'
    where alerts.alert_status in ('sent', 'held_out') and alerts.account_id is not null

),

ranked as (

    select
        *,
        rank() over (
            partition by account_id, case when holdout_share > 0 then 1 else 0 end
            order by reported_on
        ) as day_rank
    from alerts

),

counted as (

    select
        account_id,
        definition_key,
        alert_id,
        alert_status,
        holdout_share,
        reported_on
    from ranked
    where day_rank = 1

    union all

    select
        account_id,
        'all' as definition_key,
        alert_id,
        alert_status,
        holdout_share,
        reported_on
    from ranked
    where day_rank = 1

),

numbered as (

    select
        *,
        row_number() over (
            partition by definition_key, account_id, case when holdout_share > 0 then 1 else 0 end
            order by reported_on, alert_id
        ) as alert_number
    from counted

),

touched as (

    select distinct
        numbered.definition_key,
        numbered.alert_id
    from numbered
    inner join {{ ref('int_account_touches') }} as touches
        on
            numbered.account_id = touches.account_id
            and touches.touched_on >= numbered.reported_on
            and touches.touched_on <= {{ add_days('numbered.reported_on', horizon) }}
    where numbered.alert_number = 1

)

select
    numbered.definition_key,
    numbered.account_id,
    numbered.holdout_share,
    numbered.reported_on,
    numbered.alert_status = 'held_out' as is_held_out,
    {{ add_days('numbered.reported_on', horizon) }} <= as_of.as_of_on as is_mature,
    coalesce(conversions.converted_on <= numbered.reported_on, false) as is_converted_before,
    coalesce(
        conversions.converted_on > numbered.reported_on
        and conversions.converted_on <= {{ add_days('numbered.reported_on', horizon) }},
        false
    ) as is_converted,
    touched.alert_id is not null as is_touched
from numbered
cross join {{ ref('int_as_of') }} as as_of
left join {{ ref('fct_conversions') }} as conversions
    on numbered.account_id = conversions.account_id
left join touched
    on
        numbered.definition_key = touched.definition_key
        and numbered.alert_id = touched.alert_id
where numbered.alert_number = 1
