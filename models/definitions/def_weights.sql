-- depends_on: {{ ref('definition_errors') }}
-- The weights of the active definitions. Beside points per unit, points count for nothing. Points above 10^12 in
-- magnitude count as 10^12, so that no sum of them overflows.
with weights as (

    select
        definition_key,
        signal_key,
        case
            when points_per_unit is not null then null
            when cast(points as decimal(18, 4)) > 1000000000000 then 1000000000000
            when cast(points as decimal(18, 4)) < -1000000000000 then -1000000000000
            else cast(points as decimal(18, 4))
        end as points,
        cast(points_per_unit as decimal(18, 4)) as points_per_unit,
        case
            when abs(cast(max_points as decimal(18, 4))) > 1000000000000 then 1000000000000
            else abs(cast(max_points as decimal(18, 4)))
        end as max_points,
        coalesce(cast(is_required as boolean), false) as is_required
    from {{ ref('pql_weights') }}

)

select
    weights.definition_key,
    weights.signal_key,
    definitions.entity_type,
    cast(weights.points as decimal(18, 4)) as points,
    weights.points_per_unit,
    cast(weights.max_points as decimal(18, 4)) as max_points,
    weights.is_required
from weights
inner join {{ ref('def_definitions') }} as definitions
    on weights.definition_key = definitions.definition_key
where definitions.is_active
