-- depends_on: {{ ref('definition_errors') }}
-- The weights of the active definitions. Beside points per unit, points count for nothing. No weight gives more than
-- 10^12 in magnitude, so that no sum of them overflows: points per unit without a cap have that one.
{% set most = 'cast(1000000000000 as decimal(18, 4))' %}
with weights as (

    select
        definition_key,
        signal_key,
        case
            when points_per_unit is null then greatest(least(cast(points as decimal(18, 4)), {{ most }}), -{{ most }})
        end as points,
        -- Finer than points: a unit may be a byte or a millisecond. Only what it gives is rounded.
        cast(points_per_unit as decimal(28, 9)) as points_per_unit,
        case
            when points_per_unit is not null
                then least(coalesce(abs(cast(max_points as decimal(18, 4))), {{ most }}), {{ most }})
        end as max_points,
        coalesce(cast(is_required as boolean), false) as is_required
    from {{ ref('pql_weights') }}

)

select
    weights.definition_key,
    weights.signal_key,
    definitions.entity_type,
    weights.points,
    weights.points_per_unit,
    weights.max_points,
    weights.is_required
from weights
inner join {{ ref('def_definitions') }} as definitions
    on weights.definition_key = definitions.definition_key
where definitions.is_active
