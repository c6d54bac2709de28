-- The changes of status that this run says anew: those after the last final day of the touched entities,
-- and those that were a projection at the last build.
-- depends_on: {{ ref('int_build_plan') }}
{% set plan = build_plan() %}
select changes.*
from {{ ref('int_status_changes') }} as changes
left join {{ ref('int_touched_entities') }} as touched
    on changes.entity_key = touched.entity_key
where
    changes.changed_on > touched.final_on
    or changes.changed_on > date '{{ plan.previous_as_of_on }}'
