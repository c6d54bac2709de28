{{ config(materialized='view' if var('pql_event_sources') == ['raw'] else 'table') }}
-- The identify calls of every source.
{{ union_adapters('identifies', {
    'user_id': dbt.type_string(),
    'anonymous_id': dbt.type_string(),
    'quarantine_reason': dbt.type_string(),
    'raw_identified_at': dbt.type_string(),
    'copy_number': 'bigint',
    'identified_at': 'timestamp',
    'known_on': 'date',
}, key=['user_id', 'anonymous_id', 'identified_at']) }}
