{#
    A statement that deletes the rows of a table that match rows of another one.

    target: the table; `replaced` in the condition.
    matched_by: the other relation; `matched` in the condition.
    condition: SQL condition.
#}
{% macro delete_matched(target, matched_by, condition) %}
    {{ return(adapter.dispatch('delete_matched')(target, matched_by, condition)) }}
{% endmacro %}

{% macro default__delete_matched(target, matched_by, condition) %}
    {{ return("delete from " ~ target ~ " as replaced using " ~ matched_by ~ " as matched where " ~ condition ~ ";") }}
{% endmacro %}

{% macro spark__delete_matched(target, matched_by, condition) %}
    {{ return(delete_where_exists(target, matched_by, condition)) }}
{% endmacro %}

{% macro bigquery__delete_matched(target, matched_by, condition) %}
    {{ return(delete_where_exists(target, matched_by, condition)) }}
{% endmacro %}

{# Where a delete knows no `using`; DuckDB does this several times slower. #}
{% macro delete_where_exists(target, matched_by, condition) %}
    {{ return(
        "delete from " ~ target ~ " as replaced where exists (select 1 from " ~ matched_by ~ " as matched where "
        ~ condition ~ ");"
    ) }}
{% endmacro %}
