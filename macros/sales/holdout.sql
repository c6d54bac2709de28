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


{# Whether an addressee belongs to the hold-out: a hash of its id decides, so that it stays in it. #}
{% macro is_held_out(addressee) %}
    {{ return(hash_share(string_literal(var('pql_holdout_salt') ~ ':') ~ " || " ~ addressee) ~ " < " ~ holdout_share()) }}
{% endmacro %}


{# Whom storms and hold-out are about: the account with all its users, or a user without one. #}
{% macro addressee(account_id, user_id) %}
    {{ return("coalesce(" ~ account_id ~ ", 'user ' || " ~ user_id ~ ")") }}
{% endmacro %}
