{{ config(enabled=var('pql_match_email_domains') or var('pql_business_sources') != ['raw']) }}
-- The company domain behind every host, web address or address that stands for a company, looked up once
-- each. That of a free mail provider is none. A table: other clients of the database do not know the function.
with hosts as (

    select {{ host_of('email') }} as host
    from {{ ref('int_users') }}

    union distinct

    select {{ host_of('domain') }} as host
    from {{ ref('int_accounts_unioned') }}

    {% for table in ['companies', 'subscriptions', 'leads', 'touches'] %}
    {% for adapter in adapters_of(table) if adapter != 'raw' %}
    union distinct

    select {{ host_of('company_domain') }} as host
    from {{ ref('stg_' ~ adapter ~ '__' ~ table) }}
    {% endfor %}
    {% endfor %}

),

looked_up as (

    select
        host,
        {{ registrable_domain('host') }} as domain
    from hosts
    where host is not null

)

select
    host,
    domain
from looked_up
where
    domain is not null
    {% for domain in var('pql_free_mail_domains') %}
    and domain <> {{ string_literal(domain | lower) }}
    {% endfor %}
    and not {{ is_free_mail('domain') }}
