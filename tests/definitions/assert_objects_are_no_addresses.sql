-- An activity whose object is an e-mail address: its values would stand in the facts and in the copy that BI tools
-- read, where addresses are left out.
{{ config(severity='warn') }}
{% set query %}
select
    activity_key,
    object_property
from {{ ref('def_activities') }}
where lower(object_property) like '%mail' or lower(object_property) like '%mail_address'
{% endset %}

{% call(row) warn_of_each(query ~ " order by activity_key") %}
    {{ env_var('PQL_DEFINITIONS_PATH', 'seeds') ~ "/pql_activities.csv: the object_property '" ~ row[1]
    ~ "' of the activity '" ~ row[0] ~ "' seems to hold e-mail addresses, which would be published with the"
    ~ " facts. Name a property that holds ids." }}
{% endcall %}

{{ query }}
