{#
    Text of a top-level key of a JSON text, as json_text, but of a list the text of its only element: null
    where the list has none or several.
#}
{% macro only_json_text(json, key) %}
    {{ return(adapter.dispatch('only_json_text')(json, key)) }}
{% endmacro %}

{% macro default__only_json_text(json, key) %}
    {% set path = "'$.\"' || " ~ key ~ " || '\"'" %}
    {{ return(
        "case when coalesce(json_type(" ~ json ~ ", " ~ path ~ "), '') <> 'ARRAY' then " ~ json_text(json, key)
        ~ " when json_array_length(" ~ json ~ ", " ~ path ~ ") = 1 then json_extract_string(" ~ json ~ ", "
        ~ path ~ " || '[0]') end"
    ) }}
{% endmacro %}

{% macro postgres__only_json_text(json, key) %}
    {% set value = "(cast(" ~ json ~ " as jsonb) -> " ~ key ~ ")" %}
    {{ return(
        "case when coalesce(jsonb_typeof(" ~ value ~ "), '') <> 'array' then " ~ json_text(json, key)
        ~ " when jsonb_array_length(" ~ value ~ ") = 1 then " ~ value ~ " ->> 0 end"
    ) }}
{% endmacro %}

{# A text that begins as a list is taken for one. #}
{% macro spark__only_json_text(json, key) %}
    {% set value = json_text(json, key) %}
    {{ return(
        "case when " ~ value ~ " is null or " ~ value ~ " not like '[%' then " ~ value
        ~ " when get_json_object(" ~ value ~ ", '$[1]') is null then get_json_object(" ~ value ~ ", '$[0]') end"
    ) }}
{% endmacro %}

{% macro snowflake__only_json_text(json, key) %}
    {% set value = "get(try_parse_json(" ~ json ~ "), " ~ key ~ ")" %}
    {{ return(
        "case when not coalesce(is_array(" ~ value ~ "), false) then " ~ json_text(json, key)
        ~ " when array_size(" ~ value ~ ") = 1 then get(" ~ value ~ ", 0)::varchar end"
    ) }}
{% endmacro %}

{% macro bigquery__only_json_text(json, key) %}
    {% set value = "parse_json(" ~ json ~ ")[" ~ key ~ "]" %}
    {{ return(
        "case when coalesce(json_type(" ~ value ~ "), '') <> 'array' then " ~ json_text(json, key)
        ~ " when array_length(json_query_array(" ~ value ~ ")) = 1 then json_value(" ~ value ~ "[0]) end"
    ) }}
{% endmacro %}
