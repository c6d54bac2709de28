{#
    Advertising spend in the plain contract: cast and flagged.

    renamed: the CTE that gives the columns of the contract under their names, in any type.
#}
{% macro contract_spend(renamed) %}
,

typed as (

    select
        {{ blank_as_null('acquisition_channel') }} as acquisition_channel,
        {{ safe_cast_to('amount', 'decimal(18, 4)') }} as amount,
        {{ safe_cast_to('spent_on', 'timestamp') }} as spent_at,
        cast(amount as {{ dbt.type_string() }}) as raw_amount,
        cast(spent_on as {{ dbt.type_string() }}) as raw_spent_on
    from {{ renamed }}

)

select
    acquisition_channel,
    case
        when acquisition_channel is null then 'missing_acquisition_channel'
        when {{ blank_as_null('raw_amount') }} is null then 'missing_amount'
        when amount is null then 'unreadable_amount'
        {{ time_problem('spent_on', 'raw_spent_on', 'spent_at') }}
    end as quarantine_reason,
    raw_spent_on,
    amount,
    cast(spent_at as date) as spent_on
from typed
{% endmacro %}
