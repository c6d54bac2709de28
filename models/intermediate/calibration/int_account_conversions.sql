-- What became of every account that exists or that somebody belongs to, by the id that it has on the as-of day: its
-- first paid start, or, of one that was merged before it paid, that of what it has become. Where that was a customer
-- before the merged one was created, the merged one was never going to convert.
with accounts_of_entities as (

    select distinct account_key
    from {{ ref('int_entities') }}

)

select
    accounts.account_key,
    accounts.canonical_id as account_id,
    coalesce(
        own.converted_on,
        case when canonical.converted_on >= entities.created_on then canonical.converted_on end
    ) as converted_on
from {{ ref('int_canonical_accounts') }} as accounts
inner join accounts_of_entities
    on accounts.account_key = accounts_of_entities.account_key
left join {{ ref('int_entities') }} as entities
    on accounts.account_key = entities.entity_key
left join {{ ref('fct_conversions') }} as own
    on accounts.account_id = own.account_id
left join {{ ref('fct_conversions') }} as canonical
    on accounts.canonical_id = canonical.account_id
