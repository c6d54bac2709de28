-- depends_on: {{ ref('int_event_arrivals') }}
-- depends_on: {{ source('builds', 'last_arrivals') }} {{ source('builds', 'last_build') }}
-- What this run has to do, found by comparing what there is with what the last completed build had read.
-- A run that did not come to its end has replaced rows already: what it had to do is done again, also where
-- the cause is gone since (a load that was undone, a definition that was changed back).
-- One row; the models read it through the macro build_plan.
{% set from_nothing = flags.FULL_REFRESH or not engine_tables_exist() %}
{% set as_of_limit = 'cast(null as date)' if var('pql_as_of') is none
    else 'cast(' ~ string_literal(var('pql_as_of')) ~ ' as date)' %}
{# How the events of a vendor are read: another account or time leaves the number of rows as it was. #}
{% set readings = [] %}
{% set names = [
    'pql_posthog_group_type', 'pql_amplitude_group_type', 'pql_mixpanel_group_key', 'pql_mixpanel_time_zone',
    'pql_snowplow_account_column', 'pql_snowplow_account_key', 'pql_snowplow_event_column',
] %}
{% for name in names %}
{% do readings.append(name ~ ' ' ~ var(name)) %}
{% endfor %}

with tracking_plan as (

    select
        {{ dbt.hash(list_text(
            row_text([
                'activity_key', 'event_name', 'property', 'operator', 'property_value', 'object_property',
                'value_property',
            ]),
            '; ', 'activity_key'
        )) }} as signature
    from {{ ref('def_activities') }}

),

versions as (

    select
        {{ dbt.hash(list_text(
            "versions.definition_key || ':' || versions.definition_version", '; ', 'versions.definition_key'
        )) }} as signature
    from {{ ref('definition_versions') }} as versions
    inner join {{ ref('def_definitions') }} as definitions
        on versions.definition_key = definitions.definition_key
    where definitions.is_active

),

signatures as (

    select
        coalesce(tracking_plan.signature, '') || ', lag ' || {{ string_literal(var('pql_backfill_lag_days')) }}
        || ', until ' || {{ string_literal(var('pql_latest_plausible_on')) }}
        || ', from ' || {{ string_literal(var('pql_event_sources') | join(' ')) }}
        || ', ' || {{ string_literal(readings | join(', ')) }} as reading_signature,
        coalesce(versions.signature, '') as scoring_signature
    from tracking_plan
    cross join versions

),

{% if from_nothing %}

decided as (

    select
        signatures.*,
        true as is_full,
        true as rescores_all,
        true as rereads_untimed,
        date '0001-01-01' as arrived_from,
        date '0001-01-01' as previous_as_of_on,
        1 as build_number
    from signatures

)

{% else %}

changed_arrivals as (

    select
        coalesce(min(coalesce(arrivals.received_on, last_arrivals.received_on)), date '9999-12-31') as arrived_from,
        count(*) - count(coalesce(arrivals.received_on, last_arrivals.received_on)) as untimed_days,
        count(
            case when last_arrivals.is_plausible and coalesce(arrivals.row_count, 0) < last_arrivals.row_count then 1 end
        ) as shrunk_days
    from {{ ref('int_event_arrivals') }} as arrivals
    full outer join {{ source('builds', 'last_arrivals') }} as last_arrivals
        on coalesce(arrivals.received_on, date '0001-01-01') = coalesce(last_arrivals.received_on, date '0001-01-01')
    where
        coalesce(arrivals.row_count, 0) <> coalesce(last_arrivals.row_count, 0)
        or arrivals.is_plausible <> last_arrivals.is_plausible

),

unfinished as (

    {% if load_relation(this) is not none %}
    select
        min(plan.arrived_from) as arrived_from,
        count(case when plan.rescores_all then 1 end) > 0 as rescores_all,
        count(case when plan.rereads_untimed then 1 end) > 0 as rereads_untimed
    from {{ this }} as plan
    inner join {{ source('builds', 'last_build') }} as last_build
        on plan.build_number > last_build.build_number
    {% else %}
    select
        cast(null as date) as arrived_from,
        false as rescores_all,
        false as rereads_untimed
    {% endif %}

),

compared as (

    select
        signatures.*,
        unfinished.rereads_untimed as rereads_untimed_again,
        last_build.build_number,
        last_build.as_of_on,
        least(changed_arrivals.arrived_from, coalesce(unfinished.arrived_from, date '9999-12-31')) as arrived_from,
        changed_arrivals.untimed_days,
        last_build.reading_signature <> signatures.reading_signature as reads_all,
        last_build.scoring_signature <> signatures.scoring_signature
        -- What had become known has to go again: rows were taken away, or the as-of day moves back.
        or changed_arrivals.shrunk_days > 0
        or coalesce({{ as_of_limit }} < last_build.as_of_on, false)
        or ({{ as_of_limit }} is null and last_build.as_of_limit_on is not null)
        or unfinished.rescores_all as scores_all
    from signatures
    cross join {{ source('builds', 'last_build') }} as last_build
    cross join changed_arrivals
    cross join unfinished

),

decided as (

    select
        reading_signature,
        scoring_signature,
        false as is_full,
        scores_all or reads_all as rescores_all,
        reads_all or untimed_days > 0 or rereads_untimed_again as rereads_untimed,
        case when reads_all then date '0001-01-01' else arrived_from end as arrived_from,
        case when scores_all or reads_all then date '0001-01-01' else as_of_on end as previous_as_of_on,
        build_number + 1 as build_number
    from compared

)

{% endif %}

select
    build_number,
    is_full,
    rescores_all,
    rereads_untimed,
    arrived_from,
    previous_as_of_on,
    {{ as_of_limit }} as as_of_limit_on,
    reading_signature,
    scoring_signature
from decided
