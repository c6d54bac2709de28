{# The share of the accounts that is never alerted, as the var `pql_holdout_share` says. #}
{% macro holdout_share() %}
    {% set share = var('pql_holdout_share') | string %}
    {% if not modules.re.match('^0(\\.[0-9]{1,6})?$', share) %}
        {% do exceptions.raise_compiler_error(
            "The var pql_holdout_share is '" ~ share ~ "', which is no share from 0 up to, but not including, 1 with at most"
            ~ " six decimals. Write a number such as 0.1 for a tenth of the accounts, or 0 for none."
        ) %}
    {% endif %}
    {{ return("cast(" ~ share ~ " as decimal(9, 6))") }}
{% endmacro %}
