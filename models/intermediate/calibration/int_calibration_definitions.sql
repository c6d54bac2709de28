-- The definitions that are calibrated: the active ones, with the thresholds that count.
select
    definitions.definition_key,
    versions.definition_version,
    definitions.entity_type,
    definitions.audience,
    definitions.enter_threshold,
    definitions.exit_threshold
from {{ ref('def_definitions') }} as definitions
inner join {{ ref('definition_versions') }} as versions
    on definitions.definition_key = versions.definition_key
where definitions.is_active
