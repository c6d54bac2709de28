{# A short hash of a text, for finding candidates cheaply: equal texts have equal hashes. #}
{% macro text_hash(text) %}
    {{ return(adapter.dispatch('text_hash')(text)) }}
{% endmacro %}

{% macro default__text_hash(text) %}
    {{ return("md5(" ~ text ~ ")") }}
{% endmacro %}

{% macro duckdb__text_hash(text) %}
    {{ return("cast(hash(" ~ text ~ ") >> 32 as uinteger)") }}
{% endmacro %}

{% macro spark__text_hash(text) %}
    {{ return("hash(" ~ text ~ ")") }}
{% endmacro %}

{% macro snowflake__text_hash(text) %}
    {{ return("hash(" ~ text ~ ")") }}
{% endmacro %}

{% macro bigquery__text_hash(text) %}
    {{ return("farm_fingerprint(" ~ text ~ ")") }}
{% endmacro %}
