-- Deltas of the distinct measures (`active_days`, `active_users`, `distinct_objects`). Each day, user or
-- object counts once while any of its rows counts, so every row is clipped to the days that the rows
-- before it do not cover; the clipped rows of one unit are disjoint.
with contributions as (

    select
        entity_type,
        entity_id,
        signal_key,
        case measure
            when 'active_days' then cast(occurred_on as varchar)
            when 'active_users' then user_id
            else object_value
        end as unit,
        starts_on,
        ends_on
    from {{ ref('int_signal_contributions') }}
    where measure in ('active_days', 'active_users', 'distinct_objects')

),

spans as (

    select
        entity_type,
        entity_id,
        signal_key,
        unit,
        ends_on,
        min(starts_on) as starts_on
    from contributions
    where unit is not null
    group by entity_type, entity_id, signal_key, unit, ends_on

),

covered as (

    select
        entity_type,
        entity_id,
        signal_key,
        starts_on,
        ends_on,
        coalesce(
            max(ends_on) over (
                partition by entity_type, entity_id, signal_key, unit
                order by starts_on, ends_on
                rows between unbounded preceding and 1 preceding
            ),
            starts_on
        ) as covered_to
    from spans

),

clipped as (

    select
        entity_type,
        entity_id,
        signal_key,
        greatest(starts_on, covered_to) as starts_on,
        ends_on
    from covered
    where ends_on > covered_to

)

select
    entity_type,
    entity_id,
    signal_key,
    starts_on as changed_on,
    1 as delta
from clipped

union all

select
    entity_type,
    entity_id,
    signal_key,
    ends_on as changed_on,
    -1 as delta
from clipped
where ends_on < date '9999-12-31'
