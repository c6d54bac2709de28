-- depends_on: {{ ref('definition_errors') }}
select
    definition_key,
    objective,
    cast(conversion_value as {{ type_double() }}) as conversion_value,
    cast(touch_cost as {{ type_double() }}) as touch_cost,
    cast(weekly_capacity as {{ type_double() }}) as weekly_capacity,
    cast(min_precision as {{ type_double() }}) as min_precision,
    cast(beta as {{ type_double() }}) as beta,
    cast(min_conversions as integer) as min_conversions,
    cast(min_entities as integer) as min_entities
from {{ ref('pql_calibration') }}
