{{ config(enabled='stripe' in var('pql_business_sources')) }}

-- Customers with the account that their metadata name. Rows of the test mode are left out: nobody pays in it.
with live as (

    select
        {{ blank_as_null('id') }} as customer_id,
        {{ blank_as_null('email') }} as email,
        {{ blank_as_null('name') }} as name,
        {{ blank_as_null('address_country') }} as country,
        {{ blank_as_null('currency') }} as currency,
        cast(metadata as {{ dbt.type_string() }}) as metadata,
        coalesce({{ safe_cast_to('is_deleted', 'boolean') }}, false) as is_deleted,
        created,
        cast(_fivetran_synced as {{ dbt.type_string() }}) as synced_at
    from {{ from_source('stripe', 'customer') }}
    where coalesce({{ safe_cast_to('livemode', 'boolean') }}, true)

),

-- One row for each, as it was written last; without an id there is no telling.
newest as (

    select *
    from (
        select
            *,
            row_number() over (
                partition by customer_id
                order by
                    coalesce(synced_at, '') desc,
                    is_deleted asc,
                    email asc,
                    name asc,
                    metadata asc,
                    country asc
            ) as copy_number
        from live
    ) as numbered
    where copy_number = 1 or customer_id is null

)

select
    customer_id,
    case
        when {{ is_valid_json('metadata') }}
            then {{ json_text('metadata', string_literal(var('pql_stripe_account_key'))) }}
    end as account_id,
    name as customer_name,
    email,
    country,
    currency,
    is_deleted,
    created
from newest
