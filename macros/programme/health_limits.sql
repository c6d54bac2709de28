{# The limits of settings/pql_health_limits.csv: those that are a share, and those that are a whole number. #}
{% macro health_limits() %}
    {{ return({
        'shares': ['max_share_qualified', 'min_precision', 'max_share_missed', 'max_share_flapping'],
        'whole_numbers': [
            'min_crossings', 'min_customers', 'max_signals', 'max_required_signals', 'flapping_days',
            'max_days_without_crossing', 'max_days_without_review',
        ],
    }) }}
{% endmacro %}
