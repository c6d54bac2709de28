-- How long accounts wait for their conversion, counted in days from the start of a clock: how many accounts
-- were looked at from the end of `from_day` to the end of `to_day`, and whether they converted on the last
-- of these days or were not seen to (the as-of day came, or they qualified and wait on as qualified).
-- Conversions are those of accounts: of a definition of users, the account is eligible with its first user
-- and qualified with the first one that qualifies.
--
--     since_qualified: from the day on which the account first qualified.
--     since_eligible: from the day on which it was first in the audience; it is `not_qualified` until it
--         first qualifies and `qualified` from then on, so that nobody is credited with having qualified
--         before it happened.
--
-- A conversion on or before the first day of the clock has `to_day` 0: nothing was left to wait for. One on
-- or before the day of qualifying is a conversion that was not qualified.
with first_qualified as (

    select
        keys.entity_type,
        keys.entity_id,
        transitions.definition_key,
        min(transitions.transitioned_on) as qualified_on
    from {{ ref('int_pql_transitions') }} as transitions
    inner join {{ ref('int_entity_keys') }} as keys
        on transitions.entity_key = keys.entity_key
    where transitions.transition = 'qualified'
    group by keys.entity_type, keys.entity_id, transitions.definition_key

),

conversions as (

    select
        account_id,
        min(converted_on) as converted_on
    from {{ ref('int_account_conversions') }}
    group by account_id

),

accounts as (

    select
        entities.definition_key,
        entities.account_id,
        min(entities.eligible_from) as eligible_from,
        min(first_qualified.qualified_on) as qualified_on,
        min(conversions.converted_on) as converted_on
    from {{ ref('int_calibration_entities') }} as entities
    inner join {{ ref('int_calibration_definitions') }} as definitions
        on entities.definition_key = definitions.definition_key
    left join first_qualified
        on
            entities.entity_type = first_qualified.entity_type
            and entities.entity_id = first_qualified.entity_id
            and entities.definition_key = first_qualified.definition_key
    left join conversions
        on entities.account_id = conversions.account_id
    where
        -- Customers have converted already. A user without an account has nothing that could convert.
        definitions.audience <> 'customer'
        and entities.account_id is not null
    group by entities.definition_key, entities.account_id

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
