-- depends_on: {{ ref('definition_errors') }}
-- The weights of the active definitions.
with weights as (

    select
        definition_key,
        signal_key,
        cast(points as decimal(18, 4)) as points,
        cast(points_per_unit as decimal(18, 4)) as points_per_unit,
        abs(cast(max_points as decimal(18, 4))) as max_points,
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
