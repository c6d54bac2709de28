-- The events of every source that is on: one stream.
{{ union_adapters('events', {
    'event_id': 'varchar',
    'user_id': 'varchar',
    'anonymous_id': 'varchar',
    'account_id': 'varchar',
    'event_name': 'varchar',
    'properties': 'varchar',
    'user_agent': 'varchar',
    'quarantine_reason': 'varchar',
    'occurred_on': 'date',
    'received_on': 'date',
    'known_on': 'date',
    'occurred_at': 'timestamp',
    'received_at': 'timestamp',
    'delivered_at': 'timestamp',
    'raw_occurred_at': 'varchar',
}) }}
