-- The days on which an entity is looked at, with its account of the day: in the audience, and while that account
-- can still convert (of customers, while it pays). Disjoint spans per entity and audience, begun by the as-of day.
with membership as (

    select
        history.entity_key,
        history.valid_from,
        history.valid_to,
        conversions.account_id,
        conversions.converted_on
    from {{ ref('int_entity_account_history') }} as history
    left join {{ ref('int_account_conversions') }} as conversions
        on history.account_key = conversions.account_key

),

spans as (

    select
        audiences.entity_key,
        audiences.audience,
        membership.account_id,
        greatest(audiences.valid_from, membership.valid_from) as valid_from,
        case
            when audiences.audience = 'customer' or membership.converted_on is null
                then least(audiences.valid_to, membership.valid_to)
            else least(audiences.valid_to, membership.valid_to, membership.converted_on)
        end as valid_to
    from {{ ref('int_audience_history') }} as audiences
    inner join membership
        on
            audiences.entity_key = membership.entity_key
            and audiences.valid_from < membership.valid_to
            and membership.valid_from < audiences.valid_to
    where audiences.is_in_audience

)

select
    spans.entity_key,
    spans.audience,
    spans.account_id,
    spans.valid_from,
    spans.valid_to
from spans
inner join {{ ref('int_as_of') }} as as_of
    on spans.valid_from <= as_of.as_of_on
where spans.valid_from < spans.valid_to
