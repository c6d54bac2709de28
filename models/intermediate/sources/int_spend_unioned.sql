-- The advertising spend of every source.
{{ union_adapters('spend', {
    'acquisition_channel': dbt.type_string(),
    'quarantine_reason': dbt.type_string(),
    'raw_spent_on': dbt.type_string(),
    'amount': 'decimal(18, 4)',
    'spent_on': 'date',
}) }}
