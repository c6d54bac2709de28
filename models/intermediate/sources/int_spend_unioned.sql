-- The advertising spend of every source.
{{ union_adapters('spend', {
    'acquisition_channel': 'varchar',
    'quarantine_reason': 'varchar',
    'raw_spent_on': 'varchar',
    'amount': 'decimal(18, 4)',
    'spent_on': 'date',
}) }}
