select
    entity_id as user_id,
    account_id,
    definition_key,
    definition_version,
    tier,
    top_reasons,
    next_best_action,
    score,
    cast(points_to_threshold as decimal(18, 4)) as points_to_threshold,
    cast(conversion_probability as double) as conversion_probability,
    is_in_audience,
    is_qualified,
    qualified_on,
    expires_on,
    as_of_on
from {{ ref('int_current_scores') }}
where entity_type = 'user'
