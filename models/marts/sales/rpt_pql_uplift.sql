-- Accounts that were held out of the alerts against those that were alerted, as they were chosen and not as they
-- were treated. Shares are compared apart: under another share another part of the accounts is held out, and at
-- another time.
{% set min_accounts = 50 %}
{% set min_conversions = 10 %}
with settings as (

    select
        definition_key,
        {{ holdout_share() }} as holdout_share
    from {{ ref('set_alert_rules') }}
    where is_alerted

    union all

    select
        'all' as definition_key,
        {{ holdout_share() }} as holdout_share

),

compared as (

    select distinct
        definition_key,
        holdout_share
    from settings

    union distinct

    select distinct
        definition_key,
        holdout_share
    from {{ ref('int_alert_outcomes') }}

),

counts as (

    select
        compared.definition_key,
        compared.holdout_share,
        count(case when not outcomes.is_held_out then 1 end) as treated_count,
        count(case when outcomes.is_held_out then 1 end) as held_out_count,
        count(case when not outcomes.is_held_out and outcomes.is_converted then 1 end) as treated_converted_count,
        count(case when outcomes.is_held_out and outcomes.is_converted then 1 end) as held_out_converted_count,
        count(case when not outcomes.is_held_out and outcomes.is_touched then 1 end) as treated_touched_count,
        count(case when outcomes.is_held_out and outcomes.is_touched then 1 end) as held_out_touched_count
    from compared
    left join {{ ref('int_alert_outcomes') }} as outcomes
        on
            compared.definition_key = outcomes.definition_key
            and compared.holdout_share = outcomes.holdout_share
            and outcomes.is_mature
            and not outcomes.is_converted_before
    group by compared.definition_key, compared.holdout_share

),

measured as (

    select
        *,
        cast(treated_converted_count as {{ type_double() }}) / nullif(treated_count, 0) as treated_rate,
        cast(held_out_converted_count as {{ type_double() }}) / nullif(held_out_count, 0) as held_out_rate,
        {{ rate_interval_low('treated_converted_count', 'treated_count') }} as treated_rate_low,
        {{ rate_interval_high('treated_converted_count', 'treated_count') }} as treated_rate_high,
        {{ rate_interval_low('held_out_converted_count', 'held_out_count') }} as held_out_rate_low,
        {{ rate_interval_high('held_out_converted_count', 'held_out_count') }} as held_out_rate_high,
        {{ rate_difference_low(
            'treated_converted_count', 'treated_count', 'held_out_converted_count', 'held_out_count'
        ) }} as difference_low,
        {{ rate_difference_high(
            'treated_converted_count', 'treated_count', 'held_out_converted_count', 'held_out_count'
        ) }} as difference_high
    from counts

),

judged as (

    select
        measured.*,
        coalesce(definitions.audience = 'customer', false) as is_of_customers,
        case
            when definitions.audience = 'customer' or measured.holdout_share = 0 then 'abstain'
            when measured.treated_count < {{ min_accounts }} or measured.held_out_count < {{ min_accounts }}
                then 'abstain'
            when measured.treated_converted_count + measured.held_out_converted_count < {{ min_conversions }}
                then 'abstain'
            when measured.difference_low > 0 or measured.difference_high < 0 then 'effect'
            else 'no_effect_shown'
        end as verdict
    from measured
    left join {{ ref('def_definitions') }} as definitions
        on measured.definition_key = definitions.definition_key

)

select
    definition_key,
    verdict,
    case
        when is_of_customers
            then 'Its accounts pay already: their first paid subscription cannot be an effect.'
        when holdout_share = 0
            then 'No account was held out: set the var pql_holdout_share before the alerts that are to be measured.'
        when treated_count < {{ min_accounts }} or held_out_count < {{ min_accounts }}
            then
                'Of ' || cast(treated_count as {{ dbt.type_string() }})
                || ' alerted and ' || cast(held_out_count as {{ dbt.type_string() }})
                || ' held-out accounts {{ whole_days("pql_horizon_days") }} days have passed;'
                || ' {{ min_accounts }} of each are needed.'
        when treated_converted_count + held_out_converted_count < {{ min_conversions }}
            then
                'Only ' || cast(treated_converted_count + held_out_converted_count as {{ dbt.type_string() }})
                || ' accounts of both groups converted; {{ min_conversions }} are needed.'
        when difference_low > 0 then 'Alerted accounts convert more often than held-out ones.'
        when difference_high < 0 then 'Alerted accounts convert less often than held-out ones.'
        else 'The interval of the difference includes 0: the data do not show an effect, nor that there is none.'
    end as reason,
    holdout_share,
    treated_count,
    held_out_count,
    treated_converted_count,
    held_out_converted_count,
    treated_rate,
    treated_rate_low,
    treated_rate_high,
    held_out_rate,
    held_out_rate_low,
    held_out_rate_high,
    treated_rate - held_out_rate as difference,
    difference_low,
    difference_high,
    (treated_rate - held_out_rate) / nullif(held_out_rate, 0) as relative_uplift,
    cast(treated_touched_count as {{ type_double() }}) / nullif(treated_count, 0) as treated_touched_share,
    cast(held_out_touched_count as {{ type_double() }}) / nullif(held_out_count, 0) as held_out_touched_share
from judged
