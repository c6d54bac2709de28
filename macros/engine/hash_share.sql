{#
    A number from 0 up to, but not including, 1 that a text always gives, the same on every engine: the first
    eight hexadecimal digits of its MD5 hash as a share of all there are.
#}
{% macro hash_share(text) %}
    {{ return("(cast(" ~ adapter.dispatch('hash_number')(text) ~ " as " ~ type_double() ~ ") / 4294967296)") }}
{% endmacro %}

{% macro default__hash_number(text) %}
    {{ return("cast('0x' || substring(md5(" ~ text ~ "), 1, 8) as bigint)") }}
{% endmacro %}

{% macro postgres__hash_number(text) %}
    {{ return("cast(cast('x' || substring(md5(" ~ text ~ "), 1, 8) as bit(32)) as bigint)") }}
{% endmacro %}

{% macro spark__hash_number(text) %}
    {{ return("cast(conv(substring(md5(" ~ text ~ "), 1, 8), 16, 10) as bigint)") }}
{% endmacro %}

{% macro snowflake__hash_number(text) %}
    {{ return("to_number(substring(md5(" ~ text ~ "), 1, 8), 'XXXXXXXX')") }}
{% endmacro %}

{% macro bigquery__hash_number(text) %}
    {{ return("cast(concat('0x', substr(to_hex(md5(" ~ text ~ ")), 1, 8)) as int64)") }}
{% endmacro %}
