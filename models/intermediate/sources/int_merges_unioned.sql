{{ config(materialized='view' if var('pql_event_sources') == ['raw'] else 'table') }}
-- The merges of every source.
{{ union_adapters('merges', {
    'entity_type': 'varchar',
    'merged_id': 'varchar',
    'canonical_id': 'varchar',
    'quarantine_reason': 'varchar',
    'raw_merged_at': 'varchar',
    'copy_number': 'bigint',
    'merged_at': 'timestamp',
    'known_on': 'date',
}, key=['entity_type', 'merged_id', 'canonical_id', 'merged_at']) }}
