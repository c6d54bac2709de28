{{ config(materialized='view' if var('pql_event_sources') == ['raw'] else 'table') }}
-- The users of every source.
{{ union_adapters('users', {
    'user_id': 'varchar',
    'account_id': 'varchar',
    'email': 'varchar',
    'quarantine_reason': 'varchar',
    'raw_created_at': 'varchar',
    'is_internal': 'boolean',
    'copy_number': 'bigint',
    'created_on': 'date',
    'created_at': 'timestamp',
}, key=['user_id']) }}
