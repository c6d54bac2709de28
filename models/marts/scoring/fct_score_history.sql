-- The sum of points on every day: each interval of points adds them where it starts and takes them away
-- where it ends, and a running sum over these deltas is the score.
with deltas as (

    select
        entity_type,
        entity_id,
        definition_key,
        valid_from as changed_on,
        points as points_delta,
        case when is_met and is_required then 1 else 0 end as required_delta
    from {{ ref('int_signal_points') }}
    where points <> 0 or (is_met and is_required)

    union all

    select
        entity_type,
        entity_id,
        definition_key,
        valid_to as changed_on,
        -points as points_delta,
        case when is_met and is_required then -1 else 0 end as required_delta
    from {{ ref('int_signal_points') }}
    where
        (points <> 0 or (is_met and is_required))
        and valid_to < date '9999-12-31'

),

changes as (

    select
        entity_type,
        entity_id,
        definition_key,
        changed_on,
        sum(points_delta) as points_delta,
        sum(required_delta) as required_delta
    from deltas
    group by entity_type, entity_id, definition_key, changed_on
    having sum(points_delta) <> 0 or sum(required_delta) <> 0

)

select
    changes.entity_type,
    changes.entity_id,
    changes.definition_key,
    versions.definition_version,
    changes.changed_on as valid_from,
    coalesce(lead(changes.changed_on) over (by_day), date '9999-12-31') as valid_to,
    cast(
        sum(changes.points_delta) over (by_day rows between unbounded preceding and current row)
        as decimal(18, 4)
    ) as score,
    cast(
        sum(changes.required_delta) over (by_day rows between unbounded preceding and current row)
        as integer
    ) as required_met_count
from changes
inner join {{ ref('definition_versions') }} as versions
    on changes.definition_key = versions.definition_key
window by_day as (
    partition by changes.entity_type, changes.entity_id, changes.definition_key
    order by changes.changed_on
)
