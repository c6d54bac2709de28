{#
    Accounts that must be looked at for a figure that has no honest interval for fewer: a mean, or a day of a
    Kaplan-Meier curve (Pocock, Clayton and Altman, 2002), where each one would move it by more than a tenth.
#}
{% macro min_at_risk() %}
    {{ return(10) }}
{% endmacro %}
