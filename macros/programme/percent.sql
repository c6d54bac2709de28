{# A share as text, in whole percent. #}
{% macro percent(share) %}
    {{ return("cast(cast(round(100 * " ~ share ~ ", 0) as integer) as " ~ dbt.type_string() ~ ")") }}
{% endmacro %}
