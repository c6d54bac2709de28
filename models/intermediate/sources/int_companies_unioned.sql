-- The companies of every CRM and billing system.
{{ union_adapters('companies', {
    'company_id': dbt.type_string(),
    'account_id': dbt.type_string(),
    'parent_company_id': dbt.type_string(),
    'company_name': dbt.type_string(),
    'company_domain': dbt.type_string(),
    'country': dbt.type_string(),
    'owner': dbt.type_string(),
    'quarantine_reason': dbt.type_string(),
    'raw_created_at': dbt.type_string(),
    'employee_count': 'bigint',
    'copy_number': 'bigint',
    'created_on': 'date',
    'created_at': 'timestamp',
}, key=['source_name', 'company_id']) }}
