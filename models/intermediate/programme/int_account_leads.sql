-- When each account first qualified under each active definition, in both histories: `recomputed`, what the
-- definitions as they are now would have said, and `reported`, what was said at the time. An account qualifies under a
-- definition of users with the first of its users.
--
--     lead_at: the second of the event that made it qualify; where none did, or none was said, the end of the day.
with qualified as (

    select
        'recomputed' as basis,
        transitions.definition_key,
        entities.account_key,
        transitions.transitioned_on as qualified_on,
        transitions.qualified_at
    from {{ ref('int_pql_transitions') }} as transitions
    inner join {{ ref('int_entities') }} as entities
        on transitions.entity_key = entities.entity_key
    where transitions.transition = 'qualified'

    union all

    select
        'reported' as basis,
        reports.definition_key,
        entities.account_key,
        reports.as_of_on as qualified_on,
        cast(null as timestamp) as qualified_at
    from {{ ref('fct_pql_reported') }} as reports
    inner join {{ ref('int_as_of') }} as as_of
        on reports.as_of_on <= as_of.as_of_on
    inner join {{ ref('int_entity_keys') }} as keys
        on
            reports.entity_type = keys.entity_type
            and reports.entity_id = keys.entity_id
    inner join {{ ref('int_entities') }} as entities
        on keys.entity_key = entities.entity_key
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
    inner join {{ ref('int_canonical_accounts') }} as accounts
        on qualified.account_key = accounts.account_key

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
