{{ config(materialized='view' if var('pql_event_sources') == ['raw'] else 'table') }}
-- The accounts of every source.
{{ union_adapters('accounts', {
    'account_id': dbt.type_string(),
    'parent_account_id': dbt.type_string(),
    'account_name': dbt.type_string(),
    'domain': dbt.type_string(),
    'plan': dbt.type_string(),
    'acquisition_channel': dbt.type_string(),
    'country': dbt.type_string(),
    'quarantine_reason': dbt.type_string(),
    'raw_created_at': dbt.type_string(),
    'employee_count': 'bigint',
    'copy_number': 'bigint',
    'created_on': 'date',
    'created_at': 'timestamp',
}, key=['account_id']) }}
