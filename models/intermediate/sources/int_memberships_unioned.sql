{{ config(materialized='view' if var('pql_event_sources') == ['raw'] else 'table') }}
-- The memberships of every source.
{{ union_adapters('memberships', {
    'user_id': 'varchar',
    'account_id': 'varchar',
    'quarantine_reason': 'varchar',
    'raw_valid_from': 'varchar',
    'copy_number': 'bigint',
    'valid_from': 'timestamp',
    'valid_to': 'timestamp',
    'known_on': 'date',
}, key=['user_id', 'account_id', 'valid_from', 'valid_to']) }}
