-- What sales is told, and what it is not told and why: a row for each crossing that was reported and is not in this
-- table yet. Rows are only ever added; a full refresh leaves them.
with said as (

    {{ rows_so_far({
        'entity_type': dbt.type_string(), 'entity_id': dbt.type_string(), 'definition_key': dbt.type_string(),
        'report_number': 'integer', 'account_id': dbt.type_string(), 'alert_status': dbt.type_string(),
        'reported_on': 'date',
    }) }}

),

reports as (

    select
        *,
        max(report_number) over (partition by entity_type, entity_id, definition_key) as last_number
    from {{ ref('fct_pql_reported') }}

),

crossings as (

    select
        reports.entity_type,
        reports.entity_id,
        reports.definition_key,
        reports.definition_version,
        reports.report_number,
        reports.score,
        reports.report_number = reports.last_number as is_last_report,
        coalesce(reports.transitioned_on, reports.as_of_on) as qualified_on,
        accounts.entity_id as account_id,
        {{ addressee('accounts.entity_id', 'reports.entity_id') }} as addressee,
        as_of.as_of_on
    from reports
    cross join {{ ref('int_as_of') }} as as_of
    inner join {{ ref('int_entity_keys') }} as keys
        on
            reports.entity_type = keys.entity_type
            and reports.entity_id = keys.entity_id
    inner join {{ ref('int_entities') }} as entities
        on keys.entity_key = entities.entity_key
    left join {{ ref('int_entity_keys') }} as accounts
        on entities.account_key = accounts.entity_key
    left join {{ ref('int_merged_ids') }} as merged
        on
            reports.entity_type = merged.entity_type
            and reports.entity_id = merged.merged_id
    left join said
        on
            reports.entity_type = said.entity_type
            and reports.entity_id = said.entity_id
            and reports.definition_key = said.definition_key
            and reports.report_number = said.report_number
    where reports.is_qualified and said.entity_id is null and not entities.is_internal and merged.merged_id is null

),

-- Whom the alerts were about, as it is now: what was merged is another one, and a user may have joined an account.
alerted as (

    select
        {{ addressee(
            'merged_accounts.canonical_id, said.account_id, accounts.entity_id',
            'coalesce(merged_users.canonical_id, said.entity_id)'
        ) }} as addressee,
        said.reported_on
    from said
    left join {{ ref('int_merged_ids') }} as merged_accounts
        on
            said.account_id = merged_accounts.merged_id
            and merged_accounts.entity_type = 'account'
    left join {{ ref('int_merged_ids') }} as merged_users
        on
            said.account_id is null
            and said.entity_id = merged_users.merged_id
            and merged_users.entity_type = 'user'
    left join {{ ref('int_entity_keys') }} as users
        on
            said.account_id is null
            and coalesce(merged_users.canonical_id, said.entity_id) = users.entity_id
            and users.entity_type = 'user'
    left join {{ ref('int_entities') }} as entities
        on users.entity_key = entities.entity_key
    left join {{ ref('int_entity_keys') }} as accounts
        on entities.account_key = accounts.entity_key
    where said.alert_status in ('sent', 'held_out')

),

last_alerts as (

    select
        addressee,
        max(reported_on) as last_alert_on
    from alerted
    group by addressee

),

judged as (

    select
        crossings.*,
        rules.definition_rank,
        rules.respond_within_hours,
        {{ is_held_out('crossings.addressee') }} as is_held_out,
        case
            when not coalesce(rules.is_alerted, false) then 'not_alerted'
            when
                not crossings.is_last_report
                or {{ days_between('crossings.qualified_on', 'crossings.as_of_on') }} > rules.max_age_days
                then 'stale'
            when
                {{ days_between('last_alerts.last_alert_on', 'crossings.as_of_on') }} < greatest(rules.cooldown_days, 1)
                then 'cooldown'
            else 'due'
        end as verdict
    from crossings
    left join {{ ref('set_alert_rules') }} as rules
        on crossings.definition_key = rules.definition_key
    left join last_alerts
        on crossings.addressee = last_alerts.addressee

),

ranked as (

    select
        *,
        row_number() over (
            partition by addressee, verdict
            order by definition_rank asc, score desc, entity_id asc
        ) as due_number
    from judged

),

explanations as (

    select
        explanations.entity_type,
        explanations.entity_id,
        explanations.definition_key,
        explanations.reason,
        row_number() over (
            partition by explanations.entity_type, explanations.entity_id, explanations.definition_key
            order by explanations.points desc, explanations.signal_key asc
        ) as reason_number
    from {{ ref('fct_score_explanations') }} as explanations
    inner join crossings
        on
            explanations.entity_type = crossings.entity_type
            and explanations.entity_id = crossings.entity_id
            and explanations.definition_key = crossings.definition_key
            and crossings.is_last_report
    where explanations.is_met and explanations.points > 0

),

reasons as (

    select
        entity_type,
        entity_id,
        definition_key,
        {{ list_text('reason', '; ', 'reason_number') }} as reasons
    from explanations
    where reason_number <= 3
    group by entity_type, entity_id, definition_key

),

next_steps as (

    select
        'account' as entity_type,
        account_id as entity_id,
        definition_key,
        next_best_action
    from {{ ref('fct_account_scores') }}

    union all

    select
        'user' as entity_type,
        user_id as entity_id,
        definition_key,
        next_best_action
    from {{ ref('fct_user_scores') }}

)

select
    {{ dbt.hash(row_text([
        'ranked.entity_type', 'ranked.entity_id', 'ranked.definition_key', 'ranked.report_number'
    ])) }} as alert_id,
    ranked.entity_type,
    ranked.entity_id,
    ranked.account_id,
    case ranked.entity_type when 'user' then ranked.entity_id else contacts.user_id end as contact_user_id,
    ranked.definition_key,
    ranked.definition_version,
    ranked.report_number,
    case
        when ranked.verdict <> 'due' then ranked.verdict
        when ranked.due_number > 1 then 'cooldown'
        when ranked.is_held_out then 'held_out'
        else 'sent'
    end as alert_status,
    tiers.tier,
    coalesce(owners.owner, 'unrouted') as owner,
    coalesce(owners.territory, 'unrouted') as territory,
    coalesce(owners.owner, 'unrouted') || ' ' || cast(ranked.as_of_on as {{ dbt.type_string() }}) as digest_key,
    case when ranked.entity_type = 'user' then 'User ' || ranked.entity_id || coalesce(
        ' of ' || coalesce(accounts.account_name, ranked.account_id), ''
    ) else coalesce(accounts.account_name, ranked.account_id) end
    || ' qualified on ' || cast(ranked.qualified_on as {{ dbt.type_string() }}) || ' (' || ranked.definition_key || ')'
    || coalesce(': ' || reasons.reasons, '') || '.' as reason_text,
    next_steps.next_best_action as next_step,
    ranked.score,
    {{ holdout_share() }} as holdout_share,
    ranked.is_held_out,
    ranked.qualified_on,
    transitions.qualified_at,
    -- Without a time of its own it qualified by the end of its day.
    {{ add_hours(
        "coalesce(transitions.qualified_at, cast(" ~ add_days('ranked.qualified_on', 1) ~ " as timestamp))",
        'ranked.respond_within_hours'
    ) }} as due_at,
    ranked.as_of_on as reported_on
from ranked
left join {{ ref('fct_pql_transitions') }} as transitions
    on
        ranked.entity_type = transitions.entity_type
        and ranked.entity_id = transitions.entity_id
        and ranked.definition_key = transitions.definition_key
        and ranked.qualified_on = transitions.transitioned_on
        and transitions.transition in ('qualified', 'requalified')
left join {{ ref('def_tiers') }} as tiers
    on {{ is_of_tier('tiers', 'ranked') }}
left join {{ ref('dim_accounts') }} as accounts
    on ranked.account_id = accounts.account_id
left join {{ ref('int_account_owners') }} as owners
    on ranked.account_id = owners.account_id
left join {{ ref('int_best_contacts') }} as contacts
    on ranked.account_id = contacts.account_id
left join reasons
    on
        ranked.entity_type = reasons.entity_type
        and ranked.entity_id = reasons.entity_id
        and ranked.definition_key = reasons.definition_key
left join next_steps
    on
        ranked.entity_type = next_steps.entity_type
        and ranked.entity_id = next_steps.entity_id
        and ranked.definition_key = next_steps.definition_key
        and ranked.is_last_report
{{ "where false" if flags.EMPTY }}
