-- The contacts by sales of every source.
{{ union_adapters_with_accounts('touches', {
    'touch_id': 'varchar',
    'account_id': 'varchar',
    'channel': 'varchar',
    'owner': 'varchar',
    'outcome': 'varchar',
    'company_domain': 'varchar',
    'quarantine_reason': 'varchar',
    'raw_touched_at': 'varchar',
    'copy_number': 'bigint',
    'touched_on': 'date',
    'touched_at': 'timestamp',
}, key=['touch_id'], known_on='touched_on') }}
