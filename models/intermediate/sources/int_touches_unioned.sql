-- The contacts by sales of every source.
{{ union_adapters_with_accounts('touches', {
    'touch_id': dbt.type_string(),
    'account_id': dbt.type_string(),
    'channel': dbt.type_string(),
    'owner': dbt.type_string(),
    'outcome': dbt.type_string(),
    'company_domain': dbt.type_string(),
    'quarantine_reason': dbt.type_string(),
    'raw_touched_at': dbt.type_string(),
    'copy_number': 'bigint',
    'touched_on': 'date',
    'touched_at': 'timestamp',
}, key=['touch_id'], known_on='touched_on') }}
