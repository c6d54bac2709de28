{#
    Whether a row of int_user_accounts says for which account a user did something: by the day of the
    activity, as known when the activity became known or the first account of the user did.
#}
{% macro is_account_of_activity(accounts, activities) %}
    {% set known_on = "greatest(" ~ activities ~ ".known_on, " ~ accounts ~ ".attributable_from)" %}
    {{ return(
        activities ~ ".occurred_on >= " ~ accounts ~ ".valid_from and " ~ activities ~ ".occurred_on < "
        ~ accounts ~ ".valid_to and " ~ known_on ~ " >= " ~ accounts ~ ".known_from and " ~ known_on ~ " < "
        ~ accounts ~ ".known_to"
    ) }}
{% endmacro %}
