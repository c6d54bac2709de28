-- Which activities an event can belong to, by its name; `*` stands for the names that the tracking plan
-- does not list. One row per name counts the event itself, so that a sum over those rows counts each event
-- once: that of an activity without a condition, or one without an activity. An activity to which every
-- event belongs has no rows of its own: it is the sum over them.
with names as (

    select event_name
    from {{ ref('def_activities') }}

    union

    select '*' as event_name

),

matches as (

    select
        names.event_name,
        activities.activity_key,
        activities.property,
        activities.operator,
        activities.property_value,
        activities.property_number,
        activities.object_property,
        activities.value_property
    from names
    inner join {{ ref('def_activities') }} as activities
        on
            not activities.is_every_event
            and (names.event_name = activities.event_name or activities.event_name = '*')

),

plainest as (

    select
        names.event_name,
        min(case when matches.operator is null then matches.activity_key end) as activity_key
    from names
    left join matches
        on names.event_name = matches.event_name
    group by names.event_name

)

select
    matches.event_name,
    matches.activity_key,
    matches.property,
    matches.operator,
    matches.property_value,
    matches.property_number,
    matches.object_property,
    matches.value_property,
    coalesce(matches.activity_key = plainest.activity_key, false) as counts_event
from matches
inner join plainest
    on matches.event_name = plainest.event_name

union all

select
    event_name,
    cast(null as {{ dbt.type_string() }}) as activity_key,
    cast(null as {{ dbt.type_string() }}) as property,
    cast(null as {{ dbt.type_string() }}) as operator,
    cast(null as {{ dbt.type_string() }}) as property_value,
    cast(null as decimal(38, 9)) as property_number,
    cast(null as {{ dbt.type_string() }}) as object_property,
    cast(null as {{ dbt.type_string() }}) as value_property,
    true as counts_event
from plainest
where activity_key is null
