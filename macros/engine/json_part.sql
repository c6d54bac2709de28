{#
    What stands under a top-level key of a JSON text, when it is an object: as JSON text, be it nested or itself
    written as a text. Null when it is neither.
#}
{% macro json_part(json, key) %}
    {% set found = adapter.dispatch('json_part')(json, key) %}
    {{ return("case when " ~ is_valid_json(found) ~ " then " ~ found ~ " end") }}
{% endmacro %}

{% macro default__json_part(json, key) %}
    {{ return(json_text(json, key)) }}
{% endmacro %}

{# Here the text of a key is null when the value is an object. #}
{% macro bigquery__json_part(json, key) %}
    {{ return(
        "coalesce(" ~ json_text(json, key) ~ ", nullif(to_json_string(parse_json(" ~ json ~ ")[" ~ key ~ "]), 'null'))"
    ) }}
{% endmacro %}
