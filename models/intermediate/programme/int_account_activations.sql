-- The first day on which an account, or one of its users, met a signal of activation that is measured from use. That
-- somebody signed up not long ago is no activation. What a merged account did, it did for what it has become.
select
    accounts.canonical_key as account_key,
    min(history.valid_from) as activated_on
from {{ ref('int_signal_history') }} as history
inner join {{ ref('def_signals') }} as signals
    on
        history.signal_key = signals.signal_key
        and signals.kind = 'activation'
        and signals.activity_key is not null
inner join {{ ref('int_as_of') }} as as_of
    on history.valid_from <= as_of.as_of_on
inner join {{ ref('int_entities') }} as entities
    on history.entity_key = entities.entity_key
inner join {{ ref('int_canonical_accounts') }} as accounts
    on entities.account_key = accounts.account_key
where history.is_met and not entities.is_internal
group by accounts.canonical_key
