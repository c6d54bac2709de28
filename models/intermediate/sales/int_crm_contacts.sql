-- What the CRM is to hold of each person that sales can reach. Wanted are only the best contacts of the accounts
-- that are wanted, and those who are qualified themselves: no more personal data than sales has a use for.
with records as (

    select
        contacts.user_id as external_id,
        contacts.email,
        contacts.account_id as account_external_id,
        contacts.definition_key,
        case when contacts.definition_key is not null then coalesce(contacts.tier, 'none') end as tier,
        contacts.score,
        contacts.active_days as active_days_30d,
        contacts.is_qualified,
        coalesce(contacts.contact_rank = 1, false) as is_best_contact,
        contacts.qualified_on,
        contacts.last_active_on,
        contacts.is_qualified or (coalesce(contacts.contact_rank = 1, false) and coalesce(accounts.is_wanted, false))
            as is_wanted
    from {{ ref('int_contacts') }} as contacts
    left join {{ ref('int_crm_accounts') }} as accounts
        on contacts.account_id = accounts.external_id

)

select
    *,
    {{ crm_content('contact') }} as content
from records
