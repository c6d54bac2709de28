-- The leads of every source.
{{ union_adapters_with_accounts('leads', {
    'lead_id': dbt.type_string(),
    'account_id': dbt.type_string(),
    'email': dbt.type_string(),
    'kind': dbt.type_string(),
    'lead_source': dbt.type_string(),
    'company_domain': dbt.type_string(),
    'quarantine_reason': dbt.type_string(),
    'raw_created_at': dbt.type_string(),
    'copy_number': 'bigint',
    'created_on': 'date',
    'created_at': 'timestamp',
}, key=['lead_id'], known_on='created_on', needs_account=false) }}
