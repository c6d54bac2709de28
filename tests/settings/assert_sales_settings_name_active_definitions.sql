-- A rule for a definition that does not exist, or that is of users where accounts are meant, does nothing: perhaps its
-- key is misspelt. No error, because the definition files can be exchanged while the settings stay.
{{ config(severity='warn') }}
{% set query %}
select
    'settings/pql_alert_rules.csv' as file_name,
    rules.definition_key
from {{ ref('pql_alert_rules') }} as rules
left join {{ ref('def_definitions') }} as definitions
    on rules.definition_key = definitions.definition_key
where rules.definition_key <> '*' and definitions.definition_key is null

union all

select
    'settings/pql_nurture_rules.csv' as file_name,
    rules.definition_key
from {{ ref('set_nurture_rules') }} as rules
left join {{ ref('def_definitions') }} as definitions
    on
        rules.definition_key = definitions.definition_key
        and definitions.entity_type = 'account'
where rules.definition_key <> '*' and definitions.definition_key is null
{% endset %}

{% call(row) warn_of_each(query ~ " order by file_name, definition_key") %}
    {{ row[0] ~ ": no definition that it could be about has the key '" ~ row[1] ~ "', so the rule does nothing. Correct"
    ~ " the key, or take the row out." }}
{% endcall %}

{{ query }}
