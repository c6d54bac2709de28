-- The leads of every source.
{{ union_adapters_with_accounts('leads', {
    'lead_id': 'varchar',
    'account_id': 'varchar',
    'email': 'varchar',
    'kind': 'varchar',
    'lead_source': 'varchar',
    'company_domain': 'varchar',
    'quarantine_reason': 'varchar',
    'raw_created_at': 'varchar',
    'copy_number': 'bigint',
    'created_on': 'date',
    'created_at': 'timestamp',
}, key=['lead_id'], known_on='created_on', needs_account=false) }}
