{{ config(enabled='ad_reporting' in var('pql_business_sources')) }}

with renamed as (

    select
        platform as acquisition_channel,
        spend as amount,
        date_day as spent_on
    from {{ from_source('ad_reporting', 'ad_reporting__account_report') }}

)

{{ contract_spend('renamed') }}
