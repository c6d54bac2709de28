-- depends_on: {{ ref('definition_errors') }}
-- Score ranges of the tiers: from min_score up to, but not including, below_score (null: no end).
select
    definition_key,
    tier,
    cast(min_score as decimal(18, 4)) as min_score,
    lead(cast(min_score as decimal(18, 4))) over (
        partition by definition_key
        order by cast(min_score as decimal(18, 4))
    ) as below_score
from {{ ref('pql_tiers') }}
