{# What stands behind the @ of an e-mail address; another text as it is. #}
{% macro host_of(address) %}
    {% set at = dbt.position("'@'", address) | trim %}
    {{ return(
        "lower(case when " ~ at ~ " > 0 then substring(" ~ address ~ ", " ~ at ~ " + 1) else " ~ address ~ " end)"
    ) }}
{% endmacro %}


{# Whether any part of the identity rests on domains. #}
{% macro matches_domains() %}
    {{ return(var('pql_match_email_domains') or var('pql_business_sources') | reject('equalto', 'raw') | list | length > 0) }}
{% endmacro %}
