-- The companies of every CRM and billing system.
{{ union_adapters('companies', {
    'company_id': 'varchar',
    'account_id': 'varchar',
    'parent_company_id': 'varchar',
    'company_name': 'varchar',
    'company_domain': 'varchar',
    'country': 'varchar',
    'owner': 'varchar',
    'quarantine_reason': 'varchar',
    'raw_created_at': 'varchar',
    'employee_count': 'bigint',
    'copy_number': 'bigint',
    'created_on': 'date',
    'created_at': 'timestamp',
}, key=['source_name', 'company_id']) }}
