{{ config(materialized='view' if var('pql_event_sources') == ['raw'] else 'table') }}
-- The identify calls of every source.
{{ union_adapters('identifies', {
    'user_id': 'varchar',
    'anonymous_id': 'varchar',
    'quarantine_reason': 'varchar',
    'raw_identified_at': 'varchar',
    'copy_number': 'bigint',
    'identified_at': 'timestamp',
    'known_on': 'date',
}, key=['user_id', 'anonymous_id', 'identified_at']) }}
