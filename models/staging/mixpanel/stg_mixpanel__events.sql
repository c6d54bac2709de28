{{ config(enabled='mixpanel' in var('pql_event_sources')) }}

-- Mixpanel counts an event once per name, person, second and insert id; its exports hold every copy.
with renamed as (

    select
        'mixpanel:' || {{ key_text([
            'event_name',
            'sent_id',
            "coalesce(cast(" ~ dbt.date_trunc('second', 'occurred_at') ~ " as " ~ dbt.type_string() ~ "), raw_time)",
            'insert_id',
        ]) }} as event_id,
        user_id,
        anonymous_id,
        {{ only_json_text('json_properties', string_literal(var('pql_mixpanel_group_key'))) }} as account_id,
        event_name,
        properties,
        coalesce(cast(occurred_at as {{ dbt.type_string() }}), raw_time) as occurred_at,
        received_at,
        cast(null as {{ dbt.type_string() }}) as user_agent
    from {{ ref('base_mixpanel__events') }}

)

{{ contract_events('renamed') }}
