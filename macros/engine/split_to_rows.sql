{#
    A relation with one row per part of a text: the key, and the part without blanks around it (`part`).

    relation: where the rows come from (a CTE or a relation).
    key, text: columns; a null text gives no row.
    separator: one sign.
#}
{% macro split_to_rows(relation, key, text, separator) %}
    {{ return(adapter.dispatch('split_to_rows')(relation, key, text, separator)) }}
{% endmacro %}

{% macro default__split_to_rows(relation, key, text, separator) %}
    {{ return(
        "(select " ~ key ~ ", trim(part) as part from (select " ~ key ~ ", unnest(string_to_array("
        ~ text ~ ", '" ~ separator ~ "')) as part from " ~ relation ~ ") as split_parts where trim(part) <> '')"
    ) }}
{% endmacro %}

{% macro spark__split_to_rows(relation, key, text, separator) %}
    {{ return(
        "(select " ~ key ~ ", trim(part) as part from (select " ~ key ~ ", explode(split(" ~ text ~ ", '["
        ~ separator ~ "]')) as part from " ~ relation ~ ") as split_parts where trim(part) <> '')"
    ) }}
{% endmacro %}

{% macro snowflake__split_to_rows(relation, key, text, separator) %}
    {{ return(
        "(select " ~ key ~ ", trim(parts.value) as part from " ~ relation ~ ", lateral split_to_table("
        ~ text ~ ", '" ~ separator ~ "') as parts where trim(parts.value) <> '')"
    ) }}
{% endmacro %}

{% macro bigquery__split_to_rows(relation, key, text, separator) %}
    {{ return(
        "(select " ~ key ~ ", trim(part) as part from " ~ relation ~ " cross join unnest(split("
        ~ text ~ ", '" ~ separator ~ "')) as part where trim(part) <> '')"
    ) }}
{% endmacro %}
