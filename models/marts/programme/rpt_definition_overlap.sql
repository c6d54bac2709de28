-- How far two definitions name the same accounts.
with definitions as (

    select definition_key
    from {{ ref('def_definitions') }}
    where is_active

),

bases as (

    select 'recomputed' as basis

    union all

    select 'reported' as basis

),

qualified as (

    select
        basis,
        definition_key,
        account_id,
        qualified_on
    from {{ ref('fct_account_journeys') }}
    where qualified_on is not null

),

sizes as (

    select
        basis,
        definition_key,
        count(*) as qualified_count
    from qualified
    group by basis, definition_key

),

both_qualified as (

    select
        qualified.basis,
        qualified.definition_key,
        others.definition_key as other_definition_key,
        count(*) as both_count,
        count(case when qualified.qualified_on < others.qualified_on then 1 end) as earlier_count
    from qualified
    inner join qualified as others
        on
            qualified.basis = others.basis
            and qualified.account_id = others.account_id
            and qualified.definition_key <> others.definition_key
    group by qualified.basis, qualified.definition_key, others.definition_key

),

pairs as (

    select
        bases.basis,
        definitions.definition_key,
        others.definition_key as other_definition_key,
        coalesce(sizes.qualified_count, 0) as qualified_count,
        coalesce(other_sizes.qualified_count, 0) as other_qualified_count,
        coalesce(both_qualified.both_count, 0) as both_count,
        coalesce(both_qualified.earlier_count, 0) as earlier_count
    from definitions
    inner join definitions as others
        on definitions.definition_key <> others.definition_key
    cross join bases
    left join sizes
        on
            bases.basis = sizes.basis
            and definitions.definition_key = sizes.definition_key
    left join sizes as other_sizes
        on
            bases.basis = other_sizes.basis
            and others.definition_key = other_sizes.definition_key
    left join both_qualified
        on
            bases.basis = both_qualified.basis
            and definitions.definition_key = both_qualified.definition_key
            and others.definition_key = both_qualified.other_definition_key

)

select
    basis,
    definition_key,
    other_definition_key,
    qualified_count,
    other_qualified_count,
    both_count,
    earlier_count,
    cast(both_count as {{ type_double() }}) / nullif(qualified_count, 0) as share_also_other,
    {{ rate_interval_low('both_count', 'qualified_count') }} as share_also_other_low,
    {{ rate_interval_high('both_count', 'qualified_count') }} as share_also_other_high,
    cast(both_count as {{ type_double() }}) / nullif(qualified_count + other_qualified_count - both_count, 0) as jaccard
from pairs
