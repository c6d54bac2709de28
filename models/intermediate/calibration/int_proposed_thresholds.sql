-- The thresholds that the calibration recommends instead of those in force; empty where the target does not
-- run the calibration.
{% if runs_python_models() %}
select
    definition_key,
    cast(recommended_threshold as decimal(18, 4)) as enter_threshold,
    cast(recommended_exit_threshold as decimal(18, 4)) as exit_threshold
from {{ ref('calibration_verdict') }}
where verdict = 'recommend'
{% else %}
select
    definition_key,
    enter_threshold,
    exit_threshold
from {{ ref('def_definitions') }}
where false
{% endif %}
