{#
    An amount of money divided by a whole number above 0, rounded to four decimals, halves away from 0:
    decimal(38, 4); null where the divisor is 0.

    amount: decimal with four decimals.
#}
{% macro money_quotient(amount, divisor) %}
    {{ return(adapter.dispatch('money_quotient')(amount, divisor)) }}
{% endmacro %}

{% macro default__money_quotient(amount, divisor) %}
    {{ return("cast(round(" ~ amount ~ " / nullif(" ~ divisor ~ ", 0), 4) as decimal(38, 4))") }}
{% endmacro %}

{# Here decimals are divided as floating-point numbers: whole ten-thousandths are divided in their place. #}
{% macro duckdb__money_quotient(amount, divisor) %}
    {{ return(
        "cast(sign(" ~ amount ~ ") * ((2 * cast(10000 * abs(" ~ amount ~ ") as hugeint) + " ~ divisor
        ~ ") // nullif(2 * cast(" ~ divisor ~ " as hugeint), 0)) as decimal(38, 0)) * 0.0001"
    ) }}
{% endmacro %}
