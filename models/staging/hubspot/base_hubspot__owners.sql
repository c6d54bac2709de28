{{ config(enabled='hubspot' in var('pql_business_sources')) }}

-- By what an owner is called: the e-mail address, else the name.
select
    cast(owner_id as {{ dbt.type_string() }}) as owner_id,
    max(coalesce(
        {{ blank_as_null('email') }},
        {{ blank_as_null("coalesce(first_name, '') || ' ' || coalesce(last_name, '')") }}
    )) as owner_name
from {{ from_source('hubspot', 'owner') }}
group by cast(owner_id as {{ dbt.type_string() }})
