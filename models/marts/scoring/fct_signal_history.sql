select
    entity_type,
    entity_id,
    signal_key,
    valid_from,
    valid_to,
    signal_value,
    cast(null as varchar) as attribute_value,
    is_measured,
    is_met
from {{ ref('int_signal_spans_counted') }}

union all

select
    entity_type,
    entity_id,
    signal_key,
    valid_from,
    valid_to,
    signal_value,
    cast(null as varchar) as attribute_value,
    is_measured,
    is_met
from {{ ref('int_signal_spans_elapsed') }}

union all

select
    entity_type,
    entity_id,
    signal_key,
    valid_from,
    valid_to,
    signal_value,
    attribute_value,
    is_measured,
    is_met
from {{ ref('int_signal_spans_attribute') }}
