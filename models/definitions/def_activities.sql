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
    -- Every event belongs to it: its rows need not be kept, they are those of all events.
    coalesce(event_name = '*' and property is null and object_property is null and value_property is null, false)
        as is_every_event,
    {{ safe_cast_to('property_value', 'decimal(38, 9)') }} as property_number
from {{ ref('pql_activities') }}
