{{ config(materialized='view' if var('pql_event_sources') == ['raw'] else 'table') }}
-- The users of every source.
{{ union_adapters('users', {
    'user_id': dbt.type_string(),
    'account_id': dbt.type_string(),
    'email': dbt.type_string(),
    'quarantine_reason': dbt.type_string(),
    'raw_created_at': dbt.type_string(),
    'is_internal': 'boolean',
    'copy_number': 'bigint',
    'created_on': 'date',
    'created_at': 'timestamp',
}, key=['user_id']) }}
