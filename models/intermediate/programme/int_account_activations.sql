-- The first day on which an account, or one of its users, came to meet a signal of activation that is measured from
-- use. That somebody signed up not long ago is no activation. What a merged account did, it did for what it has become.
with histories as (

    select
        history.entity_key,
        history.is_met,
        history.valid_from,
        lag(history.is_met) over (
            partition by history.entity_key, history.signal_key order by history.valid_from
        ) as was_met_before
    from {{ ref('int_signal_history') }} as history
    inner join {{ ref('def_signals') }} as signals
        on
            history.signal_key = signals.signal_key
            and signals.kind = 'activation'
            and signals.activity_key is not null
    inner join {{ ref('int_as_of') }} as as_of
        on history.valid_from <= as_of.as_of_on

)

select
    accounts.canonical_key as account_key,
    min(histories.valid_from) as activated_on
from histories
inner join {{ ref('int_entities') }} as entities
    on histories.entity_key = entities.entity_key
-- That of the day, as for leads: what a user did before it joined an account is none of the account's.
inner join {{ ref('int_entity_account_history') }} as of_the_day
    on
        histories.entity_key = of_the_day.entity_key
        and of_the_day.valid_from <= histories.valid_from
        and histories.valid_from < of_the_day.valid_to
inner join {{ ref('int_canonical_accounts') }} as accounts
    on of_the_day.account_key = accounts.account_key
where histories.is_met and not coalesce(histories.was_met_before, false) and not entities.is_internal
group by accounts.canonical_key
