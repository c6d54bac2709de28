{#
    The events of PostHog with who did them, which its tables do not say in a column:

    - An event is anonymous when the library says that nobody was identified (`$is_identified`), or, where it
      says nothing, when the id is that of the device and no `$user_id` was set. `$identify` names the user.
    - Without any `distinct_id` the person that PostHog found when the event came in is all that is known.
    - `$groupidentify` of a server carries an invented id, `$<type>_<key>`: nobody did it.
    - The account is the group of the type that the var pql_posthog_group_type names. `$group_0` is read only on
      events without `$groups`: with several types it may be another one.

    body_texts: what posthog_text and posthog_part take the keys of the body from.
#}
{% macro posthog_events() %}
    {% set group_type = string_literal(var('pql_posthog_group_type')) %}
    with delivered as (

        select
            'posthog:' || {{ blank_as_null('uuid') }} as event_id,
            {{ blank_as_null('distinct_id') }} as distinct_id,
            {{ blank_as_null('person_id') }} as person_id,
            event as event_name,
            cast(properties as {{ dbt.type_string() }}) as properties,
            cast(person_properties as {{ dbt.type_string() }}) as person_properties,
            cast(people_set as {{ dbt.type_string() }}) as people_set,
            event_timestamp as occurred_at,
            created_at as received_at
        from {{ from_source('posthog', 'events') }}

    ),

    -- Only what is JSON is looked into: a body that is not would end the run.
    readable as (

        select
            *,
            {{ json_texts(json_or_null('properties'), posthog_keys()) }} as body_texts,
            {{ json_or_null('person_properties') }} as person_body,
            {{ json_or_null('people_set') }} as set_body
        from delivered

    ),

    opened as (

        select
            *,
            {{ posthog_part('$groups') }} as event_groups,
            case when event_name = '$groupidentify' then {{ posthog_text('$group_type') }} end as group_type,
            case when event_name = '$groupidentify' then {{ posthog_text('$group_key') }} end as group_key,
            {{ posthog_text('$is_identified') }} as is_identified
        from readable

    ),

    told as (

        select
            *,
            case
                when event_name = '$groupidentify' and distinct_id = '$' || group_type || '_' || group_key then null
                when distinct_id is null then null
                when event_name = '$identify' or is_identified = 'true' then false
                when is_identified = 'false' then true
                when {{ posthog_text('$user_id') }} is not null then false
                else coalesce(distinct_id = {{ posthog_text('$device_id') }}, false)
            end as is_anonymous
        from opened

    )

    select
        event_id,
        distinct_id,
        case when not is_anonymous then distinct_id end as user_id,
        case
            when is_anonymous then distinct_id
            when distinct_id is null then person_id
        end as anonymous_id,
        case
            when event_name = '$groupidentify' then case when group_type = {{ group_type }} then group_key end
            when event_groups is not null then {{ json_text('event_groups', group_type) }}
            else {{ posthog_text('$group_0') }}
        end as account_id,
        event_name,
        properties,
        body_texts,
        person_body,
        set_body,
        group_type,
        group_key,
        is_anonymous,
        occurred_at,
        received_at
    from told
{% endmacro %}


{# The keys of an event's properties that anything of PostHog reads. #}
{% macro posthog_keys() %}
    {{ return([
        '$groups', '$group_0', '$group_type', '$group_key', '$group_set', '$is_identified', '$user_id', '$device_id',
        '$set', '$raw_user_agent', '$user_agent', '$anon_distinct_id', 'alias', '$lib'
    ]) }}
{% endmacro %}

{% macro posthog_text(key) %}
    {{ return(json_text_of('body_texts', posthog_keys(), key)) }}
{% endmacro %}

{% macro posthog_part(key) %}
    {{ return(json_part_of('body_texts', posthog_keys(), key)) }}
{% endmacro %}
