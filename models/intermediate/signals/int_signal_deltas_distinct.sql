-- Deltas of the distinct measures (`active_days`, `active_users`, `distinct_objects`). Each day, user or
-- object counts once while any of its rows counts, so every row is clipped to the days that the rows
-- before it do not cover; the clipped rows of one unit are disjoint.
with spans as (

    select
        entity_key,
        signal_number,
        case measure
            when 'active_days' then {{ days_between("date '1970-01-01'", 'occurred_on') }}
            when 'active_users' then user_key
        end as unit,
        case measure when 'distinct_objects' then object_value end as object_value,
        ends_on,
        min(starts_on) as starts_on
    from {{ ref('int_signal_contributions') }}
    where
        measure = 'active_days'
        or (measure = 'active_users' and user_key is not null)
        or (measure = 'distinct_objects' and object_value is not null)
    group by entity_key, signal_number, unit, case measure when 'distinct_objects' then object_value end, ends_on

),

covered as (

    select
        entity_key,
        signal_number,
        starts_on,
        ends_on,
        coalesce(
            max(ends_on) over (
                partition by entity_key, signal_number, unit, object_value
                order by starts_on, ends_on
                rows between unbounded preceding and 1 preceding
            ),
            starts_on
        ) as covered_to
    from spans

),

clipped as (

    select
        entity_key,
        signal_number,
        greatest(starts_on, covered_to) as starts_on,
        ends_on
    from covered
    where ends_on > covered_to

)

select
    entity_key,
    signal_number,
    starts_on as changed_on,
    1 as delta
from clipped

union all

select
    entity_key,
    signal_number,
    ends_on as changed_on,
    -1 as delta
from clipped
where ends_on < date '9999-12-31'
