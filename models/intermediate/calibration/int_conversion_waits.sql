-- How long accounts wait for their conversion, counted in days from the start of a clock: how many accounts
-- were looked at from the end of `from_day` to the end of `to_day`, and whether they converted on the last
-- of these days or were not seen to (the as-of day came, or they qualified and wait on as qualified).
-- Conversions are those of accounts: of a definition of users, the account is eligible with its first user
-- and qualified with the first one that qualifies while it belongs to the account.
--
--     since_qualified: from the day on which the account first qualified.
--     since_eligible: from the day on which it was first in the audience; it is `not_qualified` until it
--         first qualifies and `qualified` from then on, so that nobody is credited with having qualified
--         before it happened.
--
-- A conversion on or before the first day of the clock has `to_day` 0: nothing was left to wait for. One on
-- or before the day of qualifying is a conversion that was not qualified.
with conversions as (

    select
        account_id,
        min(converted_on) as converted_on
    from {{ ref('int_account_conversions') }}
    group by account_id

),

-- Customers have converted already. A user without an account has nothing that could convert.
memberships as (

    select
        definitions.definition_key,
        definitions.audience,
        history.entity_key,
        accounts.account_id,
        history.valid_from,
        history.valid_to
    from {{ ref('int_calibration_definitions') }} as definitions
    inner join {{ ref('int_entities') }} as entities
        on definitions.entity_type = entities.entity_type
    inner join {{ ref('int_entity_account_history') }} as history
        on
            entities.entity_key = history.entity_key
            and entities.created_on < history.valid_to
    inner join {{ ref('int_account_conversions') }} as accounts
        on history.account_key = accounts.account_key
    inner join {{ ref('int_as_of') }} as as_of
        on
            history.valid_from <= as_of.as_of_on
            and entities.created_on <= as_of.as_of_on
    where
        definitions.audience <> 'customer'
        and not entities.is_internal

),

first_eligible as (

    select
        entity_key,
        audience,
        account_id,
        min(valid_from) as eligible_from
    from {{ ref('int_eligible_spans') }}
    group by entity_key, audience, account_id

),

qualified as (

    select
        definition_key,
        entity_key,
        transitioned_on
    from {{ ref('int_pql_transitions') }}
    where transition in ('qualified', 'requalified')

),

accounts as (

    select
        memberships.definition_key,
        memberships.account_id,
        min(first_eligible.eligible_from) as eligible_from,
        min(qualified.transitioned_on) as qualified_on,
        min(conversions.converted_on) as converted_on
    from memberships
    left join first_eligible
        on
            memberships.entity_key = first_eligible.entity_key
            and memberships.audience = first_eligible.audience
            and memberships.account_id = first_eligible.account_id
    left join qualified
        on
            memberships.entity_key = qualified.entity_key
            and memberships.definition_key = qualified.definition_key
            and memberships.valid_from <= qualified.transitioned_on
            and qualified.transitioned_on < memberships.valid_to
    left join conversions
        on memberships.account_id = conversions.account_id
    group by memberships.definition_key, memberships.account_id

),

watched as (

    select
        accounts.definition_key,
        accounts.eligible_from,
        accounts.qualified_on,
        coalesce(accounts.converted_on, as_of.as_of_on) as watched_until,
        accounts.converted_on is not null as is_converted,
        coalesce(
            accounts.qualified_on < coalesce(accounts.converted_on, as_of.as_of_on), false
        ) as waits_as_qualified,
        accounts.converted_on is not null
        and (accounts.eligible_from is null or accounts.converted_on <= accounts.eligible_from)
            as is_converted_at_start
    from accounts
    cross join {{ ref('int_as_of') }} as as_of

),

spells as (

    select
        definition_key,
        'since_qualified' as clock,
        'qualified' as status,
        0 as from_day,
        greatest({{ days_between('qualified_on', 'watched_until') }}, 0) as to_day,
        is_converted
    from watched
    where qualified_on is not null

    union all

    select
        definition_key,
        'since_eligible' as clock,
        'not_qualified' as status,
        0 as from_day,
        case
            when is_converted_at_start then 0
            when waits_as_qualified then {{ days_between('eligible_from', 'qualified_on') }}
            else {{ days_between('eligible_from', 'watched_until') }}
        end as to_day,
        is_converted and (is_converted_at_start or not waits_as_qualified) as is_converted
    from watched
    -- Without a day in the audience: only those that had converted before they could be.
    where eligible_from is not null or is_converted

    union all

    select
        definition_key,
        'since_eligible' as clock,
        'qualified' as status,
        {{ days_between('eligible_from', 'qualified_on') }} as from_day,
        {{ days_between('eligible_from', 'watched_until') }} as to_day,
        is_converted
    from watched
    where waits_as_qualified and not is_converted_at_start

)

select
    definition_key,
    clock,
    status,
    from_day,
    to_day,
    is_converted,
    count(*) as account_count
from spells
group by definition_key, clock, status, from_day, to_day, is_converted
