-- When each account first qualified under each active definition, in both histories: `recomputed`, what the
-- definitions as they are now would have said, and `reported`, what was said at the time. An account qualifies under a
-- definition of users with the first user that qualifies (or does so again) while it belongs to it.
--
--     lead_at: the second of the event that made it qualify; where none did, or none was said, the end of the day.
with qualified as (

    select
        'recomputed' as basis,
        definition_key,
        entity_key,
        transitioned_on as qualified_on,
        qualified_at
    from {{ ref('int_pql_transitions') }}
    where transition in ('qualified', 'requalified')

    union all

    select
        'reported' as basis,
        reports.definition_key,
        keys.entity_key,
        reports.as_of_on as qualified_on,
        cast(null as timestamp) as qualified_at
    from {{ ref('fct_pql_reported') }} as reports
    inner join {{ ref('int_as_of') }} as as_of
        on reports.as_of_on <= as_of.as_of_on
    inner join {{ ref('int_entity_keys') }} as keys
        on
            reports.entity_type = keys.entity_type
            and reports.entity_id = keys.entity_id
    where reports.is_qualified

),

ranked as (

    select
        qualified.basis,
        qualified.definition_key,
        accounts.canonical_key as account_key,
        qualified.qualified_on,
        qualified.qualified_at,
        coalesce(
            qualified.qualified_at,
            cast({{ add_days('qualified.qualified_on', 1) }} as timestamp)
        ) as lead_at,
        row_number() over (
            partition by qualified.basis, qualified.definition_key, accounts.canonical_key
            order by
                qualified.qualified_on, case when qualified.qualified_at is null then 1 else 0 end,
                qualified.qualified_at
        ) as occurrence
    from qualified
    -- That of the day: what a user did before it joined an account is none of the account's.
    inner join {{ ref('int_entity_account_history') }} as of_the_day
        on
            qualified.entity_key = of_the_day.entity_key
            and of_the_day.valid_from <= qualified.qualified_on
            and qualified.qualified_on < of_the_day.valid_to
    inner join {{ ref('int_canonical_accounts') }} as accounts
        on of_the_day.account_key = accounts.account_key

)

select
    basis,
    definition_key,
    account_key,
    qualified_on,
    qualified_at,
    lead_at
from ranked
where occurrence = 1
