{# The average month of 30.4375 days in whole numbers, for exact division: so many `months` have so many `days`. #}
{% macro average_month() %}
    {{ return({'months': 16, 'days': 487}) }}
{% endmacro %}
