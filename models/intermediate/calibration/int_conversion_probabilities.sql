-- Conversion probability of score ranges; empty where the target does not run the calibration.
{% if runs_python_models() %}
select
    definition_key,
    cast(score_min as decimal(18, 4)) as score_min,
    cast(score_max as decimal(18, 4)) as score_max,
    conversion_probability
from {{ ref('calibration_probability_map') }}
{% else %}
select
    definition_key,
    enter_threshold as score_min,
    enter_threshold as score_max,
    cast(null as {{ type_double() }}) as conversion_probability
from {{ ref('def_definitions') }}
where false
{% endif %}
