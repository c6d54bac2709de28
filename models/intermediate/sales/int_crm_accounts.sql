-- What the CRM is to hold of each account: the definition of the highest priority in whose audience the account is
-- (else of the highest priority), and its use. What a definition has nothing to say about is `none`, so that an
-- older word does not stay; so are the tier, reasons and next step of an account that was merged, where the CRM
-- holds it.
with account_scores as (

    select
        scores.*,
        row_number() over (
            partition by scores.account_id
            order by case when scores.is_in_audience then 0 else 1 end, rules.definition_rank
        ) as choice,
        max(case when scores.score > 0 or scores.is_qualified then 1 else 0 end)
            over (partition by scores.account_id) as is_scored
    from {{ ref('fct_account_scores') }} as scores
    inner join {{ ref('set_alert_rules') }} as rules
        on scores.definition_key = rules.definition_key

),

active_users as (

    select
        account_id,
        count(*) as active_users
    from {{ ref('int_recent_activity') }}
    group by account_id

),

qualified_contacts as (

    select distinct account_id
    from {{ ref('int_contacts') }}
    where is_qualified

),

records as (

    select
        accounts.account_id as external_id,
        accounts.account_name,
        accounts.domain,
        accounts.plan,
        accounts.lifecycle_stage,
        owners.owner,
        owners.territory,
        coalesce(account_scores.definition_key, 'none') as definition_key,
        case when merged.merged_id is null then coalesce(account_scores.tier, 'none') else 'none' end as tier,
        case when merged.merged_id is null then coalesce(account_scores.top_reasons, 'none') else 'none' end
            as top_reasons,
        case when merged.merged_id is null then coalesce(account_scores.next_best_action, 'none') else 'none' end
            as next_step,
        contacts.user_id as contact_external_id,
        account_scores.score,
        -- Hundredths: a new fit of the calibration that changes nothing is no change of every record.
        cast(round(account_scores.conversion_probability, 2) as decimal(5, 2)) as conversion_probability,
        accounts.user_count,
        coalesce(active_users.active_users, 0) as active_users_30d,
        coalesce(account_scores.is_qualified, false) as is_qualified,
        account_scores.qualified_on,
        account_scores.expires_on,
        accounts.last_active_on,
        merged.merged_id is null
        and (coalesce(account_scores.is_scored = 1, false) or qualified_contacts.account_id is not null) as is_wanted
    from {{ ref('dim_accounts') }} as accounts
    left join account_scores
        on
            accounts.account_id = account_scores.account_id
            and account_scores.choice = 1
    left join {{ ref('int_merged_ids') }} as merged
        on
            accounts.account_id = merged.merged_id
            and merged.entity_type = 'account'
    left join {{ ref('int_account_owners') }} as owners
        on accounts.account_id = owners.account_id
    left join {{ ref('int_best_contacts') }} as contacts
        on accounts.account_id = contacts.account_id
    left join active_users
        on accounts.account_id = active_users.account_id
    left join qualified_contacts
        on accounts.account_id = qualified_contacts.account_id

)

select
    *,
    {{ crm_content('account') }} as content
from records
