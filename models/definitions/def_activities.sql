-- depends_on: {{ ref('definition_errors') }}
select
    activity_key,
    event_name,
    property,
    operator,
    property_value,
    object_property,
    value_property,
    description,
    {{ safe_cast_to('property_value', 'decimal(38, 9)') }} as property_number
from {{ ref('pql_activities') }}
