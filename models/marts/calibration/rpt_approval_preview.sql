-- Whose status changes on the as-of day when the recommended thresholds are approved.
select
    cast(statuses.definition_key as {{ dbt.type_string() }}) as definition_key,
    cast(statuses.entity_type as {{ dbt.type_string() }}) as entity_type,
    cast(keys.entity_id as {{ dbt.type_string() }}) as entity_id,
    cast(account_keys.entity_id as {{ dbt.type_string() }}) as account_id,
    case when statuses.is_qualified_after then 'gains' else 'loses' end as change,
    cast(statuses.score as decimal(18, 4)) as score,
    cast(statuses.is_qualified_now as boolean) as is_qualified,
    cast(statuses.qualified_on_now as date) as qualified_on,
    cast(statuses.qualified_on_after as date) as would_qualify_on,
    cast(definitions.enter_threshold as decimal(18, 4)) as current_threshold,
    cast(proposed.enter_threshold as decimal(18, 4)) as recommended_threshold,
    cast(as_of.as_of_on as date) as as_of_on
from {{ ref('int_proposed_statuses') }} as statuses
inner join {{ ref('int_proposed_thresholds') }} as proposed
    on statuses.definition_key = proposed.definition_key
inner join {{ ref('int_calibration_definitions') }} as definitions
    on statuses.definition_key = definitions.definition_key
inner join {{ ref('int_entities') }} as entities
    on statuses.entity_key = entities.entity_key
inner join {{ ref('int_entity_keys') }} as keys
    on statuses.entity_key = keys.entity_key
left join {{ ref('int_entity_keys') }} as account_keys
    on entities.account_key = account_keys.entity_key
cross join {{ ref('int_as_of') }} as as_of
where statuses.is_qualified_now <> statuses.is_qualified_after
