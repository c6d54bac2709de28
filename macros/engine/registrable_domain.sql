{#
    The company domain of a host, a web address or an e-mail address, and whether such a domain is that of a free
    mail provider: functions of python_udfs/domains.py. The profile of DuckDB brings them to every connection; for
    another engine its own macro says the names of functions that were made there.
#}
{% macro registrable_domain(address) %}
    {{ return(adapter.dispatch('registrable_domain')(address)) }}
{% endmacro %}

{% macro default__registrable_domain(address) %}
    {% do raise_missing_function('registrable_domain') %}
{% endmacro %}

{% macro duckdb__registrable_domain(address) %}
    {{ return("registrable_domain(" ~ address ~ ")") }}
{% endmacro %}

{% macro is_free_mail(domain) %}
    {{ return(adapter.dispatch('is_free_mail')(domain)) }}
{% endmacro %}

{% macro default__is_free_mail(domain) %}
    {% do raise_missing_function('is_free_mail') %}
{% endmacro %}

{% macro duckdb__is_free_mail(domain) %}
    {{ return("is_free_mail(" ~ domain ~ ")") }}
{% endmacro %}

{% macro raise_missing_function(name) %}
    {% set engine = adapter.type() %}
    {% do exceptions.raise_compiler_error(
        "Company domains (the vars pql_match_email_domains and pql_business_sources) are told by a function that "
        ~ engine ~ " does not have: " ~ name ~ ". Make it there from " ~ name ~ " of python_udfs/domains.py, and add a macro "
        ~ engine ~ "__" ~ name ~ " to macros/engine/registrable_domain.sql that calls it."
    ) %}
{% endmacro %}
