{#
    The user of a row of Segment: its `user_id`, else the e-mail address that the traits of the row know, for
    sites that identify people by their address and send no id.
#}
{% macro segment_user_id() %}
    {{ return(
        "coalesce(" ~ blank_as_null('user_id') ~ ", " ~ segment_email() ~ ")"
    ) }}
{% endmacro %}

{# The e-mail address of a row, written as it is compared. #}
{% macro segment_email() %}
    {{ return("nullif(lower(trim(cast(context_traits_email as " ~ dbt.type_string() ~ "))), '')") }}
{% endmacro %}
