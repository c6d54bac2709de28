{#
    Merges (this user or account is now that one) in the plain contract: cast, flagged, copies of a row numbered.

    renamed: the CTE that gives the columns of the contract under their names, in any type.
#}
{% macro contract_merges(renamed) %}
,

typed as (

    select
        {{ blank_as_null('entity_type') }} as entity_type,
        {{ blank_as_null('merged_id') }} as merged_id,
        {{ blank_as_null('canonical_id') }} as canonical_id,
        {{ safe_cast_to('merged_at', 'timestamp') }} as merged_at,
        {{ safe_cast_to('recorded_at', 'timestamp') }} as recorded_at,
        cast(merged_at as {{ dbt.type_string() }}) as raw_merged_at,
        cast(recorded_at as {{ dbt.type_string() }}) as raw_recorded_at
    from {{ renamed }}

),

flagged as (

    select
        *,
        case
            when merged_id is null then 'missing_merged_id'
            when canonical_id is null then 'missing_canonical_id'
            when entity_type is null then 'missing_entity_type'
            when entity_type not in ('user', 'account') then 'unknown_entity_type'
            when merged_id = canonical_id then 'merged_into_itself'
            {{ time_problem('merged_at', 'raw_merged_at', 'merged_at') }}
            {{ time_problem('recorded_at', 'raw_recorded_at', 'recorded_at', required=false) }}
        end as quarantine_reason
    from typed

)

select
    entity_type,
    merged_id,
    canonical_id,
    quarantine_reason,
    raw_merged_at,
    case
        when quarantine_reason is null then row_number() over (
            partition by quarantine_reason, entity_type, merged_id, canonical_id, merged_at
            order by coalesce(recorded_at, merged_at)
        )
    end as copy_number,
    merged_at,
    {{ known_day('merged_at', 'coalesce(recorded_at, merged_at)') }} as known_on
from flagged
{% endmacro %}
