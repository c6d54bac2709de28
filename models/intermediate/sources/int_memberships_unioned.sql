{{ config(materialized='view' if var('pql_event_sources') == ['raw'] else 'table') }}
-- The memberships of every source.
{{ union_adapters('memberships', {
    'user_id': dbt.type_string(),
    'account_id': dbt.type_string(),
    'quarantine_reason': dbt.type_string(),
    'raw_valid_from': dbt.type_string(),
    'copy_number': 'bigint',
    'valid_from': 'timestamp',
    'valid_to': 'timestamp',
    'known_on': 'date',
}, key=['user_id', 'account_id', 'valid_from', 'valid_to']) }}
