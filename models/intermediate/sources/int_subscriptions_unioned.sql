-- The subscriptions of every source.
{{ union_adapters_with_accounts('subscriptions', {
    'subscription_id': dbt.type_string(),
    'account_id': dbt.type_string(),
    'plan': dbt.type_string(),
    'currency': dbt.type_string(),
    'company_domain': dbt.type_string(),
    'quarantine_reason': dbt.type_string(),
    'raw_started_at': dbt.type_string(),
    'mrr_amount': 'decimal(18, 4)',
    'copy_number': 'bigint',
    'started_on': 'date',
    'ended_on': 'date',
    'known_on': 'date',
    'started_at': 'timestamp',
    'ended_at': 'timestamp',
    'recorded_at': 'timestamp',
}, key=['subscription_id'], known_on='known_on') }}
