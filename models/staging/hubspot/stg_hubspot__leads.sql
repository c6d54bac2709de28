{{ config(enabled='hubspot' in var('pql_business_sources')) }}

{% set stages = {'mql': 'marketingqualifiedlead', 'sql': 'salesqualifiedlead'} %}
-- Contacts by when they first became a marketing- and a sales-qualified lead. A date property may start anew
-- when a stage is set back: the earliest time that anything says counts.
with stage_times as (

    {% for kind, stage in stages.items() %}
    {% for entered_at in ['property_hs_lifecyclestage_' ~ stage ~ '_date', 'property_hs_v2_date_entered_' ~ stage] %}
    select
        cast(id as {{ dbt.type_string() }}) as contact_id,
        '{{ kind }}' as kind,
        {{ safe_cast_to(entered_at, 'timestamp') }} as entered_at,
        cast({{ entered_at }} as {{ dbt.type_string() }}) as raw_entered_at
    from {{ from_source('hubspot', 'contact') }}
    where
        {{ blank_as_null(entered_at) }} is not null
        -- In the stage, and nothing says since when: quarantined, not dropped.
        or lower(cast(property_lifecyclestage as {{ dbt.type_string() }})) = '{{ stage }}'

    union all

    {% endfor %}
    select
        cast(history.contact_id as {{ dbt.type_string() }}) as contact_id,
        '{{ kind }}' as kind,
        {{ safe_cast_to('history.timestamp', 'timestamp') }} as entered_at,
        cast(history.timestamp as {{ dbt.type_string() }}) as raw_entered_at
    from {{ from_source('hubspot', 'contact_property_history') }} as history
    where history.name = 'lifecyclestage' and lower(cast(history.value as {{ dbt.type_string() }})) = '{{ stage }}'
    {% if not loop.last %}

    union all

    {% endif %}
    {% endfor %}

),

-- A merged contact is one lead, since the earliest time of any of its parts.
first_times as (

    select
        coalesce(merged.canonical_id, stage_times.contact_id) as contact_id,
        stage_times.kind,
        min(stage_times.entered_at) as entered_at,
        min(stage_times.raw_entered_at) as raw_entered_at
    from stage_times
    left join {{ ref('base_hubspot__merges') }} as merged
        on merged.object_type = 'contact' and stage_times.contact_id = merged.merged_id
    group by coalesce(merged.canonical_id, stage_times.contact_id), stage_times.kind

),

renamed as (

    select
        'hubspot:' || contacts.contact_id || ':' || first_times.kind as lead_id,
        contacts.account_id,
        contacts.email,
        first_times.kind,
        coalesce(cast(first_times.entered_at as {{ dbt.type_string() }}), first_times.raw_entered_at) as created_at,
        contacts.lead_source,
        contacts.company_domain
    from {{ ref('base_hubspot__contacts') }} as contacts
    inner join first_times on contacts.contact_id = first_times.contact_id
    -- A deleted contact is no lead; people may have asked for it.
    where not contacts.is_deleted

)

{{ contract_leads('renamed') }}
