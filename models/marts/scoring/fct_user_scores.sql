select
    keys.entity_id as user_id,
    account_keys.entity_id as account_id,
    scores.definition_key,
    scores.definition_version,
    scores.tier,
    scores.top_reasons,
    scores.next_best_action,
    scores.score,
    cast(scores.points_to_threshold as decimal(18, 4)) as points_to_threshold,
    cast(scores.conversion_probability as {{ type_double() }}) as conversion_probability,
    scores.is_in_audience,
    scores.is_qualified,
    {{ is_held_out(addressee('account_keys.entity_id', 'keys.entity_id')) }} as is_held_out,
    scores.qualified_on,
    scores.expires_on,
    scores.as_of_on
from {{ ref('int_current_scores') }} as scores
inner join {{ ref('int_entity_keys') }} as keys
    on scores.entity_key = keys.entity_key
left join {{ ref('int_entity_keys') }} as account_keys
    on scores.account_key = account_keys.entity_key
where scores.entity_type = 'user'
