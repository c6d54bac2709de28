{#
    Several top-level keys of a JSON text, read in one go where the engine can: `json_texts` makes a column of
    them, `json_text_of` and `json_part_of` take one out of it, as json_text and json_part would.

    keys: the keys, the same list in all three.
    texts: the column that json_texts made.
#}
{% macro json_texts(json, keys) %}
    {{ return(adapter.dispatch('json_texts')(json, keys)) }}
{% endmacro %}

{# The column is the text itself. #}
{% macro default__json_texts(json, keys) %}
    {{ return(json) }}
{% endmacro %}

{# Each function that looks into a text parses it again. #}
{% macro duckdb__json_texts(json, keys) %}
    {% set paths = [] %}
    {% for key in keys %}
        {% do paths.append(string_literal('$."' ~ key ~ '"')) %}
    {% endfor %}
    {{ return("json_extract_string(" ~ json ~ ", [" ~ paths | join(", ") ~ "])") }}
{% endmacro %}


{% macro json_text_of(texts, keys, key) %}
    {{ return(adapter.dispatch('json_text_of')(texts, keys, key)) }}
{% endmacro %}

{% macro default__json_text_of(texts, keys, key) %}
    {{ return(json_text(texts, string_literal(key))) }}
{% endmacro %}

{% macro duckdb__json_text_of(texts, keys, key) %}
    {{ return(texts ~ "[" ~ (keys.index(key) + 1) ~ "]") }}
{% endmacro %}


{% macro json_part_of(texts, keys, key) %}
    {{ return(adapter.dispatch('json_part_of')(texts, keys, key)) }}
{% endmacro %}

{% macro default__json_part_of(texts, keys, key) %}
    {{ return(json_part(texts, string_literal(key))) }}
{% endmacro %}

{% macro duckdb__json_part_of(texts, keys, key) %}
    {{ return(json_or_null(json_text_of(texts, keys, key))) }}
{% endmacro %}
