select
    cast(definition_key as varchar) as definition_key,
    cast(mistake as varchar) as mistake,
    cast(is_found as boolean) as is_found,
    cast(finding as varchar) as finding
from {{ ref('calibration_diagnosis') }}
