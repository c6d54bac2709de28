{#
    An amount in the unit of its currency (dollars) from one in the smallest unit (cents), as Stripe counts it.

    The decimals are those of ISO 4217 with Stripe's exceptions (docs.stripe.com/currencies, "Minor units in
    API amounts"): MGA counts as a currency without decimals; ISK and UGX have none but are written with two.
#}
{% macro major_units(amount, currency) %}
    {{ return(
        "case when upper(" ~ currency ~ ") in ('BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', "
        ~ "'VND', 'VUV', 'XAF', 'XOF', 'XPF') then " ~ amount
        ~ " when upper(" ~ currency ~ ") in ('BHD', 'JOD', 'KWD', 'OMR', 'TND') then " ~ amount ~ " / 1000.0"
        ~ " else " ~ amount ~ " / 100.0 end"
    ) }}
{% endmacro %}
