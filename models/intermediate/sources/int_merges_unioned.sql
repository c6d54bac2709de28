{{ config(materialized='view' if var('pql_event_sources') == ['raw'] else 'table') }}
-- The merges of every source.
{{ union_adapters('merges', {
    'entity_type': dbt.type_string(),
    'merged_id': dbt.type_string(),
    'canonical_id': dbt.type_string(),
    'quarantine_reason': dbt.type_string(),
    'raw_merged_at': dbt.type_string(),
    'copy_number': 'bigint',
    'merged_at': 'timestamp',
    'known_on': 'date',
}, key=['entity_type', 'merged_id', 'canonical_id', 'merged_at']) }}
