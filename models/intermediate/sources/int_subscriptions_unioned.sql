-- The subscriptions of every source.
{{ union_adapters_with_accounts('subscriptions', {
    'subscription_id': 'varchar',
    'account_id': 'varchar',
    'plan': 'varchar',
    'currency': 'varchar',
    'company_domain': 'varchar',
    'quarantine_reason': 'varchar',
    'raw_started_at': 'varchar',
    'mrr_amount': 'decimal(18, 4)',
    'copy_number': 'bigint',
    'started_on': 'date',
    'ended_on': 'date',
    'known_on': 'date',
    'started_at': 'timestamp',
    'ended_at': 'timestamp',
    'recorded_at': 'timestamp',
}, key=['subscription_id'], known_on='known_on') }}
