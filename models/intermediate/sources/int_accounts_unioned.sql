{{ config(materialized='view' if var('pql_event_sources') == ['raw'] else 'table') }}
-- The accounts of every source.
{{ union_adapters('accounts', {
    'account_id': 'varchar',
    'parent_account_id': 'varchar',
    'account_name': 'varchar',
    'domain': 'varchar',
    'plan': 'varchar',
    'acquisition_channel': 'varchar',
    'country': 'varchar',
    'quarantine_reason': 'varchar',
    'raw_created_at': 'varchar',
    'employee_count': 'bigint',
    'copy_number': 'bigint',
    'created_on': 'date',
    'created_at': 'timestamp',
}, key=['account_id']) }}
