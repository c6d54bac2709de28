-- depends_on: {{ ref('definition_errors') }}
select
    definition_key,
    objective,
    cast(conversion_value as double) as conversion_value,
    cast(touch_cost as double) as touch_cost,
    cast(weekly_capacity as double) as weekly_capacity,
    cast(min_precision as double) as min_precision,
    cast(beta as double) as beta,
    cast(min_conversions as integer) as min_conversions,
    cast(min_entities as integer) as min_entities
from {{ ref('pql_calibration') }}
