-- depends_on: {{ ref('setting_errors') }}
-- The rules of who answers for an account, typed. Lists begin and end with their separator, in small letters.
select
    cast(rule_number as integer) as rule_number,
    owner,
    territory,
    '|' || lower(replace(replace(trim(country), ' |', '|'), '| ', '|')) || '|' as countries,
    '|' || lower(replace(replace(trim(acquisition_channel), ' |', '|'), '| ', '|')) || '|' as acquisition_channels,
    cast(min_employees as integer) as min_employees,
    cast(max_employees as integer) as max_employees
from {{ ref('pql_owner_rules') }}
