-- The events of every source that is on: one stream.
{{ union_adapters('events', {
    'event_id': dbt.type_string(),
    'user_id': dbt.type_string(),
    'anonymous_id': dbt.type_string(),
    'account_id': dbt.type_string(),
    'event_name': dbt.type_string(),
    'properties': dbt.type_string(),
    'user_agent': dbt.type_string(),
    'quarantine_reason': dbt.type_string(),
    'occurred_on': 'date',
    'received_on': 'date',
    'known_on': 'date',
    'occurred_at': 'timestamp',
    'received_at': 'timestamp',
    'delivered_at': 'timestamp',
    'raw_occurred_at': dbt.type_string(),
}) }}
