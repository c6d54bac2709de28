{# Text of a top-level key of a JSON text; null where the key is absent or its value is null. #}
{% macro json_text(json, key) %}
    {{ return(adapter.dispatch('json_text')(json, key)) }}
{% endmacro %}

{# The key is quoted so that names such as `$plan` or `a.b` are read as names, not as paths. #}
{% macro default__json_text(json, key) %}
    {{ return("json_extract_string(" ~ json ~ ", '$.\"' || " ~ key ~ " || '\"')") }}
{% endmacro %}

{% macro postgres__json_text(json, key) %}
    {{ return("(cast(" ~ json ~ " as jsonb) ->> " ~ key ~ ")") }}
{% endmacro %}

{% macro spark__json_text(json, key) %}
    {{ return("get_json_object(" ~ json ~ ", concat('$[\\'', " ~ key ~ ", '\\']'))") }}
{% endmacro %}

{% macro snowflake__json_text(json, key) %}
    {{ return("get(try_parse_json(" ~ json ~ "), " ~ key ~ ")::varchar") }}
{% endmacro %}

{% macro bigquery__json_text(json, key) %}
    {{ return("json_value(parse_json(" ~ json ~ ")[" ~ key ~ "])") }}
{% endmacro %}
