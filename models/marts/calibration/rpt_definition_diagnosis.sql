select
    cast(definition_key as {{ dbt.type_string() }}) as definition_key,
    cast(mistake as {{ dbt.type_string() }}) as mistake,
    cast(is_found as boolean) as is_found,
    cast(finding as {{ dbt.type_string() }}) as finding
from {{ ref('calibration_diagnosis') }}
